# promise: endless sleep ends at the wall limit
# status: wall_limit
# limits: wall_s=1

import time

time.sleep(3600)

# promise: a daemon that a run leaves behind does not live into the next run

import os
import time

time.sleep(0.1)
signs = [f"{place}/k15abuse-alive" for place in ("/tmp", "/dev/shm", ".") if os.path.exists(f"{place}/k15abuse-alive")]
print(f"ESCAPED: {signs}" if signs else "HELD: no sign of life")

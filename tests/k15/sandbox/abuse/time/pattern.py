# promise: a regular expression that explodes ends at the CPU limit
# status: cpu_limit
# limits: cpu_s=0.25

import re

re.match(r"(a|aa)+$", "a" * 200 + "b")

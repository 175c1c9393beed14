# promise: keys and credentials in the usual places are out of reach

import glob

NAMES = (".ssh", ".aws", ".netrc", ".git-credentials", ".docker", ".kube", ".pypirc", ".cache/huggingface", ".config")
found = [path for name in NAMES for where in ("/*/", "/*/*/") for path in glob.glob(where + name)]
found += glob.glob("/run/secrets/*") + glob.glob("/var/run/secrets/*")
print(f"ESCAPED: {found}" if found else "HELD: none there")

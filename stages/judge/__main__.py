import sys

from k15.stage import main
from stages.judge.run import STAGE

if __name__ == "__main__":
    sys.exit(main(STAGE))

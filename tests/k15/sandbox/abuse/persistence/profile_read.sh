# promise: start-up files that a run writes are not read by a later shell
bash -lc true
bash -ic true 2>/dev/null
echo "HELD: nothing planted ran"

# promise: the arguments of one run are nowhere in the memory of the next
# args: abstract_name abstract_name abstract_name abstract_name abstract_name abstract_name abstract_name abstract_name

print("READY: had an argument")

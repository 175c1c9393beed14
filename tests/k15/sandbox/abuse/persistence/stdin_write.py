# promise: input that a run did not read is not the next run's input
# stdin: left unread by the first run

print("READY: did not read")

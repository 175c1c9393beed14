# promise: the source and the data of one run are nowhere in the memory of the next

secret = "k15abuse" + "-memory-" + "kept" * 50
copies = [secret + str(number) for number in range(1000)]
print("READY:", len(copies))

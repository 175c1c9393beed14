"""What runs inside a box: standard library only, mounted read-only, and readable by the tested programs.

`zygote` waits for requests and forks; `supervisor` is process 1 of one run and `watch` what it watches; `program` gives
up every privilege and becomes the tested program, in Python through `interpreter`; `candidate` and `judge` are the two
ends of a function test, with `proxies` and `codec` between them. `kernel` are the system calls that Python has no
function for.
"""

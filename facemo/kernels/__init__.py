"""Every compiled loop, by subject: plain arrays in, `out` filled, nothing else.

A kernel runs on one processor and releases the interpreter's lock; whoever calls it divides `out`
among threads. So kernels may be called from any thread and after a fork, which numba's own
``parallel=True`` forbids under two of its three threading layers, at the same speed.
"""

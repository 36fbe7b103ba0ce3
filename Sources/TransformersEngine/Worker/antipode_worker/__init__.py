"""Antipode's second engine: a process that answers, scores and differentiates over token ids, as it is told."""

#: The version of the messages; a driver of another one is refused.
PROTOCOL = 2
#: The version of what is computed: raised when numbers change beyond rounding.
VERSION = 1

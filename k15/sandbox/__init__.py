"""Runs untrusted programs: see docs/sandbox.md for what is promised."""

from k15.sandbox.face import AnySandbox
from k15.sandbox.pool import Sandbox
from k15.sandbox.shared import shared_sandbox
from k15.sandbox.types import COMPILE_LIMITS, STATUSES, FunctionResult, Limits, Part, Program, Result, Status

__all__ = [
    "COMPILE_LIMITS",
    "STATUSES",
    "AnySandbox",
    "FunctionResult",
    "Limits",
    "Part",
    "Program",
    "Result",
    "Sandbox",
    "Status",
    "shared_sandbox",
]

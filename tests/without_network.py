"""Cuts a process, and all that it starts, off from the network: the kernel gives it no socket to one.

What Python itself asks of the network ends the process, too, so that nobody can swallow the refusal.
"""

import ctypes
import errno
import os
import platform
import sys

_SOCKET = {"x86_64": 41, "aarch64": 198}
_AF_INET, _AF_INET6 = 2, 10
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.ENETDOWN
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER_AT, _FIRST_ARGUMENT_AT = 0, 16

#: Status of a process that asked for the network. urllib3 makes a socket as it is imported, and connects it to nothing.
ASKED = 99
_QUESTIONS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")


class _Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("value", ctypes.c_uint)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction))]


def cut() -> None:
    """Let no thread of this process, and none of its children's, have a socket of IPv4 or IPv6 from now on."""
    sys.addaudithook(lambda event, _: os._exit(ASKED) if event in _QUESTIONS else None)
    instructions = (_Instruction * 7)(
        _Instruction(_LOAD, 0, 0, _NUMBER_AT),
        _Instruction(_JUMP_IF_EQUAL, 0, 3, _SOCKET[platform.machine()]),
        _Instruction(_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        _Instruction(_JUMP_IF_EQUAL, 2, 0, _AF_INET),
        _Instruction(_JUMP_IF_EQUAL, 1, 0, _AF_INET6),
        _Instruction(_RETURN, 0, 0, _ALLOW),
        _Instruction(_RETURN, 0, 0, _REFUSE),
    )
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in (
        (_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (_PR_SET_SECCOMP, _FILTER, ctypes.byref(_Program(len(instructions), instructions)), 0, 0),
    ):
        if libc.prctl(*arguments):
            raise OSError(ctypes.get_errno(), "the network can't be cut")

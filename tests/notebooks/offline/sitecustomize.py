"""Put on PYTHONPATH by the notebook runner: a connection that leaves this machine is refused at once."""

import socket

_connect, _connect_ex, _getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo
_HERE = ("127.", "::1", "localhost", "0.0.0.0")


def _refuse_other_machines(address: object) -> None:
    if isinstance(address, tuple) and not str(address[0]).startswith(_HERE):
        raise OSError(f"the chapters run offline, and this one wanted {address[0]}")


def _guarded_connect(self: socket.socket, address: object) -> None:
    _refuse_other_machines(address)
    return _connect(self, address)


def _guarded_connect_ex(self: socket.socket, address: object) -> int:
    _refuse_other_machines(address)
    return _connect_ex(self, address)


def _guarded_getaddrinfo(host: object, *args: object, **kwargs: object) -> list:
    _refuse_other_machines((host or "localhost",))
    return _getaddrinfo(host, *args, **kwargs)


socket.socket.connect = _guarded_connect
socket.socket.connect_ex = _guarded_connect_ex
socket.getaddrinfo = _guarded_getaddrinfo

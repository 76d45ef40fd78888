"""What can go wrong, sorted by who must act.

Arguments of the wrong type are `TypeError`, and of the wrong value `ValueError`, as everywhere; both name the argument.
"""


class Error(Exception):
    """Anything that Tightrope itself raises."""


class ConnectError(Error, ConnectionError):
    """There is no session: the network, or the server is not there (yet). Try again."""


class TimedOutError(Error, TimeoutError):
    """It did not happen in the time that was given."""


class ExpectError(TimedOutError):
    """The desktop did not come to look as expected."""


class RefusedError(Error):
    """The server does not let this client in: somebody must give it other credentials."""


class PasswordError(RefusedError):
    """The server asks for a password, and none was given."""


class FingerprintError(RefusedError):
    """The server's certificate is not the pinned one, or none is pinned. Nothing was sent to it."""


class InsecureError(RefusedError):
    """It would not be encrypted: say `insecure=True` if that is what you want."""


class ProtocolError(Error):
    """The other side does not speak the protocol as it should: somebody must mend a program."""


class ClosedError(Error):
    """The session, or the server, is over: it was closed on one of the sides."""


class LostError(ClosedError):
    """The connection broke: `Client.reconnect` may go on with the session."""


class ServeError(Error, OSError):
    """The server cannot listen, or its certificate is of no use."""


class RecordingError(Error, OSError):
    """A recording cannot be read or written."""

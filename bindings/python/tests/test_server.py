"""Who is let in by a server, and what they may do there."""

import sys
import threading

import pytest
from conftest import LIMIT, connect, follow, painted

import tightrope
from tightrope import Rights, events


def test_a_function_decides_who_may_come_in() -> None:
    asked: list[tuple[str | None, str | None, str, str | None]] = []

    def authenticate(user: str | None, password: str | None, address: str, certificate: str | None) -> Rights | None:
        asked.append((user, password, address, certificate))
        return {"ann": Rights.FULL, "bob": Rights.VIEW_ONLY}.get(password or "")

    with tightrope.Server(painted(1), authenticate=authenticate) as server:
        for password, rights in (("ann", Rights.FULL), ("bob", Rights.VIEW_ONLY)):
            with connect(server, user="u", password=password) as client:
                follow(client, painted(1))
                while not isinstance(event := server.wait(LIMIT), events.Connected):
                    assert event is not None
                assert event.rights == rights
        with pytest.raises(tightrope.RefusedError):
            connect(server, user="eve", password="guess")
    assert [password for _, password, *_ in asked] == ["ann", "bob", "guess"]
    assert asked[0][2].startswith("127.0.0.1:") and asked[0][3] is None


@pytest.mark.parametrize("answer", [ValueError("no such user"), True])
def test_a_function_that_fails_lets_nobody_in(monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    told: list[object] = []
    was_told = threading.Event()

    def hook(raised: "sys.UnraisableHookArgs") -> None:
        told.append(raised.exc_value)
        was_told.set()

    def authenticate(*_: object) -> Rights | None:
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[return-value]

    monkeypatch.setattr(sys, "unraisablehook", hook)
    with tightrope.Server(painted(1), authenticate=authenticate) as server:
        with pytest.raises(tightrope.RefusedError):
            connect(server, password="a")
        assert was_told.wait(LIMIT)
    if isinstance(answer, Exception):
        assert told == [answer]
    else:
        assert "authenticate: expected tightrope.Rights or None as its answer, got bool" in str(told[0])


def test_who_may_only_look_cannot_type() -> None:
    with tightrope.Server(painted(1), view_only_password="look") as server, connect(server, password="look") as looks:
        follow(looks, painted(1))
        with connect(server) as types:
            looks.type("x")
            types.type("y")
            seen: list[int] = []
            while not seen:
                event = server.wait(LIMIT)
                assert event is not None
                if isinstance(event, events.Key):
                    seen.append(event.keysym)
            assert seen == [ord("y")]


def test_what_is_no_function_cannot_decide() -> None:
    with pytest.raises(TypeError, match="authenticate: expected a function, got str"):
        tightrope.Server((64, 48), authenticate="ann")  # type: ignore[arg-type]

    async def judge(*_: object) -> Rights | None:
        return Rights()

    with pytest.raises(TypeError, match="authenticate: an ordinary function is expected"):
        tightrope.Server(painted(1), authenticate=judge)  # type: ignore[arg-type]


def test_a_server_without_a_password_lets_everybody_in() -> None:
    with tightrope.Server(painted(1), password="") as server:
        assert server.password is None
        with connect(server) as client:
            follow(client, painted(1))


def test_it_listens_where_it_is_told() -> None:
    with tightrope.Server((64, 48), listen="127.0.0.1:0", name="desk") as server:
        host, port = server.address
        assert host == "127.0.0.1" and server.url == f"vncs://127.0.0.1:{port}"
        with pytest.raises(tightrope.ServeError, match=f"cannot listen on 127.0.0.1:{port}"):
            tightrope.Server((64, 48), listen=f"127.0.0.1:{port}")
        with connect(server) as client:
            assert client.name == "desk"


def test_two_servers_in_two_threads_do_not_meet() -> None:
    failed: list[BaseException] = []

    def serve(shade: int) -> None:
        try:
            with tightrope.Server(painted(shade)) as server, connect(server) as client:
                for step in range(10):
                    server.update(painted(shade + step))
                    follow(client, painted(shade + step))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=serve, args=(shade,)) for shade in (10, 120)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_a_session_of_another_server_is_none_of_this_one() -> None:
    with tightrope.Server(painted(1)) as one, tightrope.Server(painted(2)) as other, connect(one), connect(other) as client:
        follow(client, painted(2))
        sessions = []
        for server in (one, other):
            while not isinstance(event := server.wait(LIMIT), events.Connected):
                assert event is not None
            sessions.append(event.session)
        assert repr(sessions[0]) == repr(sessions[1]) and sessions[0] != sessions[1]
        for call in (other.stats, other.disconnect, other.refuse_resize, other.refuse_power, other.request_clipboard_image):
            with pytest.raises(ValueError, match="session: expected a session of this server, got one of another"):
                call(sessions[0])
        with pytest.raises(ValueError, match="asked_by: expected a session of this server"):
            other.resize(64, 48, sessions[0])
        other.update(painted(3))
        follow(client, painted(3))

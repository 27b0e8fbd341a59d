"""Readers of the environment and the guards of production."""

import signal
from pathlib import Path

import pytest

from config.env import BadValue, Environment, broker, mail, postgres, redis
from config.guards import on_loopback, refusals
from supervisor import environment
from supervisor.surroundings import LONGEST_SOCKET_DIRECTORY, complete, socket_directory

KEY = "a" * 43 + "="


@pytest.mark.parametrize(
    ("reader", "arguments", "value"),
    [
        ("integer", {"default": 1}, "1.5"),
        ("integer", {"default": 1, "least": 1}, "0"),
        ("integer", {"default": 1, "most": 9}, "10"),
        ("seconds", {"default": 1.0}, "-1"),
        ("seconds", {"default": 1.0}, "nan"),
        ("seconds", {"default": 1.0}, "inf"),
        ("switch", {"default": True}, "true"),
        ("address", {}, "shop.example"),
        ("address", {}, "ftp://shop.example"),
        ("address", {}, "http://shop.example:port"),
        ("networks", {"default": ""}, "10.0.0.0/8,proxy"),
        ("origins", {}, "https://shop.example/path"),
        ("choice", {"default": "a", "among": ("a", "b")}, "c"),
        ("fernet_keys", {}, f"{KEY},short"),
    ],
)
def test_a_bad_value_is_loud_and_names_the_variable(reader: str, arguments: dict, value: str) -> None:
    with pytest.raises(BadValue, match=r"^NAME\b.*"):
        getattr(Environment({"NAME": value}), reader)("NAME", **arguments)


def test_good_values() -> None:
    env = Environment(
        {"N": " 7 ", "S": "0.5", "ON": "ON", "U": "https://shop.example/", "L": "a, b,", "E": " ", "K": KEY}
    )
    assert env.integer("N", 1) == 7
    assert env.seconds("S", 1) == 0.5
    assert env.switch("ON", default=False) is True
    assert env.address("U") == "https://shop.example"
    assert env.words("L") == ["a", "b"]
    assert env.integer("E", 3) == 3
    assert env.fernet_keys("K") == [KEY]
    with pytest.raises(BadValue, match="MISSING is not set"):
        env.text("MISSING")


def test_a_secret_may_come_from_a_file_and_never_stands_in_an_error(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("s3cret\n")
    assert Environment({"X_FILE": str(file)}).secret("X") == "s3cret"
    with pytest.raises(BadValue, match="both set"):
        Environment({"X_FILE": str(file), "X": "other"}).secret("X")
    with pytest.raises(BadValue, match="cannot read"):
        Environment({"X_FILE": str(tmp_path / "none")}).secret("X")
    for url in ("mysql://u:s3cret@h/db", "postgresql://u:s3cret@h:port/db"):
        with pytest.raises(BadValue) as error:
            postgres("DATABASE_URL", url)
        assert "s3cret" not in str(error.value)
    with pytest.raises(BadValue) as error:
        Environment({"X": "s3cret"}).fernet_keys("X")
    assert "s3cret" not in str(error.value)


def test_addresses_of_servers() -> None:
    there = postgres("D", "postgresql://us%40er:p%2Fw@db.example:5433/shop?sslmode=require")
    assert (there["USER"], there["PASSWORD"], there["HOST"], there["PORT"], there["NAME"]) == (
        "us@er", "p/w", "db.example", "5433", "shop",
    )  # fmt: skip
    assert there["OPTIONS"] == {"sslmode": "require"}
    assert postgres("D", "postgresql:///shop?host=/run/pg&user=app")["HOST"] == "/run/pg"
    assert redis("R", "redis://:pw@cache.example:6380/2", further=1) == "redis://:pw@cache.example:6380/3"
    assert redis("R", "redis://cache.example") == "redis://cache.example/0"
    assert redis("R", "unix:///run/redis.sock?db=4", further=1) == "unix:///run/redis.sock?db=5"
    assert broker("unix:///run/redis.sock?db=4") == "redis+socket:///run/redis.sock?virtual_host=4"
    assert broker("redis://cache.example/1") == "redis://cache.example/1"
    assert mail("E", "smtp+tls://me:pw@mail.example")["EMAIL_PORT"] == 587
    for bad in ("cache.example:6379", "http://cache.example", "redis://cache.example/x"):
        with pytest.raises(BadValue, match=r"^R\b"):
            redis("R", bad)


def test_made_secrets_stay_the_same_and_are_known_as_such_in_a_child(tmp_path: Path) -> None:
    first = complete({"STORE_DATA": str(tmp_path)})
    again, child = complete({"STORE_DATA": str(tmp_path)}), complete(first.environ)
    assert first.environ == again.environ == child.environ
    assert first.made == child.made >= {"SECRET_KEY", "ENCRYPTION_KEYS", "XENDIT_CALLBACK_TOKEN"}
    assert child.own_postgres
    assert child.own_redis
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    given = complete({"STORE_DATA": str(tmp_path), "SECRET_KEY": "mine", "DATABASE_URL": "postgresql://db/x"})
    assert "SECRET_KEY" not in given.made
    assert not given.own_postgres
    assert given.own_redis


def test_a_deep_folder_gets_a_short_place_for_its_sockets(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100)
    assert socket_directory(tmp_path / "y") == tmp_path / "y" / "sockets"
    assert len(str(socket_directory(deep))) <= LONGEST_SOCKET_DIRECTORY
    assert socket_directory(deep) == socket_directory(deep) != socket_directory(tmp_path / ("z" * 100))


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost", True),
        ("http://[::1]:8000", True),
        ("http://127.1.2.3", True),
        ("https://shop.example", False),
        ("http://10.0.0.5", False),
        ("http://127.0.0.1.shop.example", False),
    ],
)
def test_what_counts_as_loopback(url: str, local: bool) -> None:
    assert on_loopback(url) is local


def test_guards_name_every_obstacle_and_nothing_else() -> None:
    sandbox = "http://127.0.0.1:8001"
    made, parties = {"SECRET_KEY"}, {"GEMGO_BASE_URL": "http://localhost:8001/gemgo"}
    assert refusals(public="http://127.0.0.1:8000", demo=True, made=made, parties=parties, sandbox=sandbox) == []
    named = refusals(public="https://shop.example", demo=True, made=made, parties=parties, sandbox=sandbox)
    assert [line.split()[0] for line in named] == ["DEMO", "SECRET_KEY", "GEMGO_BASE_URL"]
    real = {"GEMGO_BASE_URL": "https://gemgo.example", "XENDIT_BASE_URL": "http://127.0.0.1:9000"}
    assert refusals(public="https://shop.example", demo=False, made=set(), parties=real, sandbox=sandbox) == []


def test_messengers_are_the_sandbox_here_and_off_in_the_world_unless_named(tmp_path: Path) -> None:
    here = complete({"STORE_DATA": str(tmp_path), "PORT": "8000"}).environ
    assert here["TELEGRAM_BASE_URL"] == "http://127.0.0.1:8001/telegram"
    world = complete({"STORE_DATA": str(tmp_path), "PUBLIC_BASE_URL": "https://shop.example"}).environ
    assert "TELEGRAM_BASE_URL" not in world and "WHATSAPP_BASE_URL" not in world
    assert Environment(world).optional_address("TELEGRAM_BASE_URL") == ""
    assert Environment({"TELEGRAM_BASE_URL": "off"}).optional_address("TELEGRAM_BASE_URL") == ""
    real = "https://api.telegram.org"
    assert Environment({"TELEGRAM_BASE_URL": real + "/"}).optional_address("TELEGRAM_BASE_URL") == real


def test_an_unfinished_environment_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ./run does before it has any package: the mark decides."""
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to("/bin/sh")
    for name, value in {"ROOT": tmp_path, "VENV": venv, "MARK": venv / "finished.json"}.items():
        monkeypatch.setattr(environment, name, value)
    made: list[str] = []
    monkeypatch.setattr(environment, "REQUIREMENTS", [tmp_path / "a.txt", tmp_path / "b.txt"])
    for path in environment.REQUIREMENTS:
        path.write_text("one\n")

    def make_venv() -> None:
        made.append("venv")
        (venv / "bin").mkdir(parents=True)
        (venv / "bin" / "python").symlink_to("/bin/sh")

    monkeypatch.setattr(environment, "_make_venv", make_venv)
    monkeypatch.setattr(environment, "_install", lambda: made.append("requirements"))
    monkeypatch.setattr(environment, "_unpack_redis", lambda: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    environment.make()
    assert made == ["venv", "requirements"]  # there was something, but no mark
    environment.make()
    assert made == ["venv", "requirements"]  # nothing has changed
    (tmp_path / "b.txt").write_text("two\n")
    environment.make()
    assert made == ["venv", "requirements", "requirements"]  # only the requirements have
    assert environment.is_finished()

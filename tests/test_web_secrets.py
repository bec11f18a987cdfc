"""Secrets are found where they belong and shown nowhere."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from traceback import TracebackException

import msgspec
import orjson
import pytest

from ttxt_core.errors import ConfigError
from ttxt_core.web.secrets import Credentials, Secret, load_credentials

VALUE = "s3cr3t-value"


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret(VALUE)
    assert secret.reveal() == VALUE
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>9}", "%s %r" % (secret, secret), repr([secret])]  # noqa: UP031
    shown += [repr(Credentials(secret, secret)), repr(vars(type(secret)))]
    assert not any(VALUE in text for text in shown)
    assert repr(secret) == "***"
    assert VALUE.encode() not in pickle.dumps(secret)
    assert pickle.loads(pickle.dumps(secret)).reveal() == "***"
    assert copy.deepcopy(Credentials(secret, secret)).api_key.reveal() == VALUE
    for encode in (msgspec.json.encode, msgspec.msgpack.encode, orjson.dumps, msgspec.to_builtins):
        with pytest.raises(TypeError) as caught:
            encode(secret)
        assert VALUE not in str(caught.value)


def test_secrets_compare() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert not Secret("")


class FakeKeyring:
    def __init__(self, passwords: dict[tuple[str, str], str]) -> None:
        self.passwords = passwords

    def get_password(self, service: str, username: str) -> str | None:
        return self.passwords.get((service, username))


class NoKeyring:
    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError("no recommended backend was available")


def file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "credentials.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


TOML = """
[bybit.live]
api_key = "file-key"
api_secret = "file-secret"

[bybit.demo]
api_key = "half"
"""


def found(credentials: Credentials) -> tuple[str, str]:
    return credentials.api_key.reveal(), credentials.api_secret.reveal()


def test_environment_then_keyring_then_file(tmp_path: Path) -> None:
    path = file(tmp_path, TOML)
    ring = FakeKeyring({("ttxt-bybit-live", "api_key"): "ring-key", ("ttxt-bybit-live", "api_secret"): "ring-secret"})
    environ = {"TTXT_BYBIT_API_KEY": "env-key", "TTXT_BYBIT_API_SECRET": " env-secret\n"}
    assert found(load_credentials("bybit", "live", environ=environ, keyring=ring, path=path)) == (
        "env-key",
        "env-secret",
    )
    assert found(load_credentials("bybit", "live", environ={}, keyring=ring, path=path)) == ("ring-key", "ring-secret")
    for empty in (FakeKeyring({}), NoKeyring()):
        assert found(load_credentials("bybit", "live", environ={}, keyring=empty, path=path)) == (
            "file-key",
            "file-secret",
        )


def test_each_environment_has_keys_of_its_own() -> None:
    environ = {"TTXT_BYBIT_API_KEY": "k", "TTXT_BYBIT_API_SECRET": "s", "TTXT_BYBIT_TESTNET_API_KEY": "tk"}
    with pytest.raises(ConfigError, match="TTXT_BYBIT_TESTNET_API_SECRET in the environment: missing"):
        load_credentials("bybit", "testnet", environ=environ, keyring=FakeKeyring({}))
    environ["TTXT_BYBIT_TESTNET_API_SECRET"] = "ts"
    assert found(load_credentials("bybit", "testnet", environ=environ)) == ("tk", "ts")
    with pytest.raises(ConfigError, match=r"give them in TTXT_BYBIT_DEMO_API_KEY and .*service ttxt-bybit"):
        load_credentials("bybit", "demo", environ=environ, keyring=FakeKeyring({}))


def test_an_account_with_a_name_never_gets_the_key_of_another(tmp_path: Path) -> None:
    environ = {"TTXT_BYBIT_API_KEY": "k", "TTXT_BYBIT_API_SECRET": "s"}
    ring = FakeKeyring({("ttxt-bybit-live", "api_key"): "ring-key", ("ttxt-bybit-live", "api_secret"): "ring-secret"})
    path = file(tmp_path, TOML)
    with pytest.raises(ConfigError) as caught:
        load_credentials("bybit", "live", account="sub-1", environ=environ, keyring=ring, path=path)
    assert str(caught.value) == (
        "credentials of bybit (live, sub-1): none found (give them in TTXT_BYBIT_SUB_1_API_KEY and "
        f"TTXT_BYBIT_SUB_1_API_SECRET; or in keyring service ttxt-bybit-live-sub-1; or in {path} [bybit.live.sub-1], "
        "mode 0600)"
    )
    path = file(tmp_path, TOML + '\n[bybit.live.sub-1]\napi_key = "sub-key"\napi_secret = "sub-secret"\n')
    assert found(load_credentials("bybit", "live", account="sub-1", environ=environ, keyring=ring, path=path)) == (
        "sub-key",
        "sub-secret",
    )
    environ |= {"TTXT_BYBIT_DEMO_SUB_1_API_KEY": "dk", "TTXT_BYBIT_DEMO_SUB_1_API_SECRET": "ds"}
    assert found(load_credentials("bybit", "demo", account="sub-1", environ=environ, path=path)) == ("dk", "ds")


@pytest.mark.parametrize("account", ["testnet", "demo", "TESTNET", "demo-2", "testnet_sub_1"])
def test_a_real_account_is_not_called_what_would_name_the_keys_of_another_environment(account: str) -> None:
    environment = account.replace("-", "_").lower().partition("_")[0]
    variable = f"TTXT_BYBIT_{account.replace('-', '_').upper()}_API_KEY"
    environ = {variable: "k", variable.replace("KEY", "SECRET"): "s"}
    with pytest.raises(ConfigError) as caught:
        load_credentials("bybit", "live", account=account, environ=environ, keyring=FakeKeyring({}))
    assert str(caught.value) == (
        f"key account: {account!r} of bybit live: its key would be {variable}, as those of {environment} are called "
        "(call the account otherwise)"
    )


def test_names_that_only_look_like_an_environment_are_fine() -> None:
    environ = {f"TTXT_BYBIT_{name}_API_{half}": "x" for name in ("TESTNET2", "MY_DEMO") for half in ("KEY", "SECRET")}
    environ |= {"TTXT_BYBIT_TESTNET_DEMO_API_KEY": "x", "TTXT_BYBIT_TESTNET_DEMO_API_SECRET": "x"}
    for environment, account in (("live", "testnet2"), ("live", "my-demo"), ("testnet", "demo")):
        assert found(load_credentials("bybit", environment, account=account, environ=environ)) == ("x", "x")


def test_what_a_half_given_key_leaves_in_a_traceback() -> None:
    environ = {"TTXT_BYBIT_API_KEY": VALUE}
    with pytest.raises(ConfigError) as caught:
        load_credentials("bybit", "live", environ=environ, keyring=FakeKeyring({}))
    shown = TracebackException.from_exception(caught.value, capture_locals=True).stack[1:]
    assert shown
    inner = [repr(frame.locals) for frame in shown if "environ" not in (frame.locals or {})]
    assert inner
    assert not any(VALUE in text for text in inner)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = file(tmp_path, TOML, mode)
    with pytest.raises(ConfigError, match=f"mode {mode:04o}: others may read it .chmod 600"):
        load_credentials("bybit", "live", environ={}, keyring=FakeKeyring({}), path=path)


def test_bad_files_are_told_without_their_content(tmp_path: Path) -> None:
    for text, said in ((f'[bybit.live]\napi_key = "{VALUE}', "no TOML"), (TOML, "api_secret in .* missing")):
        with pytest.raises(ConfigError, match=said) as caught:
            load_credentials("bybit", "demo", environ={}, keyring=FakeKeyring({}), path=file(tmp_path, text))
        assert VALUE not in str(caught.value)
    for text in ("bybit = 1", "[bybit]\nlive = 1", ""):
        with pytest.raises(ConfigError, match="none found"):
            load_credentials("bybit", "live", environ={}, keyring=FakeKeyring({}), path=file(tmp_path, text))
    with pytest.raises(ConfigError, match="can't be read"):
        load_credentials("bybit", "live", environ={}, keyring=FakeKeyring({}), path=tmp_path)
    with pytest.raises(ConfigError, match="none found"):
        load_credentials("bybit", "live", environ={}, keyring=FakeKeyring({}), path=tmp_path / "absent.toml")

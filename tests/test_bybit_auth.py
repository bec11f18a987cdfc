"""Bybit's signatures, against worked examples."""

import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from ttxt_core.connectors.bybit.auth import BybitAuthenticator, sign
from ttxt_core.web.requests import RESTRequest
from ttxt_core.web.secrets import Credentials, Secret

CREDENTIALS = Credentials(Secret("testkey123"), Secret("testsecret456"))
NOW_MS = 1_700_000_000_000
GET_SIGNATURE = "d30529c87fe325e9b905cb79cd68519c2abbcfef30d4c041746acd2d356c502f"
POST_SIGNATURE = "4d9e4db3bcf5389290f191429b2b97f8f614e480cd4814a1e5a25bdef4d08ad5"
LOGIN_SIGNATURE = "a8107e85388a7e8e08c0ac4365cdd0fc0bf54caeab5d634d0d06a798cd3a4dee"
POST_BODY = b'{"category":"linear","symbol":"BTCUSDT","side":"Buy","orderType":"Limit","qty":"0.01","price":"50000"}'


def test_a_get_signs_its_query() -> None:
    params = (("category", "linear"), ("symbol", "BTCUSDT"))
    request = RESTRequest("GET", "/v5/position/list", params, headers={"Referer": "x"}, is_signed=True)
    signed = BybitAuthenticator(CREDENTIALS).sign(request, NOW_MS)
    assert signed.headers == {
        "Referer": "x",
        "X-BAPI-API-KEY": "testkey123",
        "X-BAPI-TIMESTAMP": "1700000000000",
        "X-BAPI-RECV-WINDOW": "5000",
        "X-BAPI-SIGN": GET_SIGNATURE,
    }
    assert request.headers == {"Referer": "x"}


def test_a_post_signs_its_body() -> None:
    request = RESTRequest("POST", "/v5/order/create", body=POST_BODY, is_signed=True)
    signed = BybitAuthenticator(CREDENTIALS).sign(request, NOW_MS)
    assert signed.headers["X-BAPI-SIGN"] == POST_SIGNATURE
    assert signed.body == POST_BODY


def test_a_login_expires_ten_seconds_on() -> None:
    request = BybitAuthenticator(CREDENTIALS).login(NOW_MS)
    assert request.payload == {"op": "auth", "args": ["testkey123", NOW_MS + 10_000, LOGIN_SIGNATURE]}
    for shown in (repr(request), str(request), repr(BybitAuthenticator(CREDENTIALS))):
        assert "testkey123" not in shown
        assert LOGIN_SIGNATURE not in shown


@given(secret=st.text(min_size=1, max_size=40), text=st.text(max_size=200))
def test_the_signature_is_hmac_sha256_in_hex(secret: str, text: str) -> None:
    # RFC 2104 spelt out, so that the library's own HMAC is not what judges it.
    key = secret.encode()
    key = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + text.encode()).digest()
    expected = hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).hexdigest()
    assert hmac.compare_digest(sign(Secret(secret), text), expected)

"""A small identity provider for the tests: it signs whoever it was told to sign in."""

from __future__ import annotations

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey


class IdentityProvider:
    """Its keys, the person who signs in next, and what it was asked."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
        self.other_key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
        self.person: dict[str, Any] = {}
        self.spoil: dict[str, Any] = {}
        """Claims that are put in wrongly."""
        self.forge = False
        self.issuer = ""
        self.codes: dict[str, dict[str, str]] = {}

    def consent(self, address: str) -> tuple[str, str]:
        """The person agrees: the code and state that the browser brings back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return code, asked["state"]

    def token(self, form: dict[str, str]) -> dict[str, Any] | None:
        """What a code is changed for, if its verifier fits."""
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form.get("redirect_uri"):
            return None
        claims = {
            "iss": self.issuer,
            "aud": asked["client_id"],
            "exp": int(time.time()) + 60,
            "iat": int(time.time()),
            "nonce": asked["nonce"],
            **self.person,
            **self.spoil,
        }
        key = self.other_key if self.forge else self.key
        signed = jwt.encode({"alg": "RS256", "kid": "1"}, {k: v for k, v in claims.items() if v is not None}, key)
        return {"access_token": "x", "token_type": "Bearer", "id_token": signed}


@contextmanager
def running() -> Iterator[IdentityProvider]:
    """The provider on a free port of this computer."""
    provider = IdentityProvider()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/keys":
                self.say({"keys": [provider.key.as_dict(private=False)]})
            else:
                names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
                ways = zip(names, ("/ask", "/token", "/keys"), strict=True)
                self.say({"issuer": provider.issuer, **{name: provider.issuer + way for name, way in ways}})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found = provider.token({name: values[0] for name, values in parse_qs(body).items()})
            self.say(found or {"error": "invalid_grant"}, 200 if found else 400)

        def say(self, held: dict[str, Any], status: int = 200) -> None:
            body = json.dumps(held).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    server.server_close()
    thread.join()

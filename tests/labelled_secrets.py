"""Lines with made-up secrets and lines that only look like it, to measure redaction with. All made from a seed."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import string
import uuid

BASE62 = string.ascii_letters + string.digits
URL_SAFE = BASE62 + "-_"
HEX = "0123456789abcdef"


def true_secrets() -> dict[str, list[str]]:
    """Kind -> lines that each hold one made-up secret, in the places where secrets stand."""
    r = random.Random(7)

    def some(alphabet: str, length: int) -> str:
        while True:
            value = "".join(r.choices(alphabet, k=length))
            if any(c.isdigit() for c in value) and any(c.isalpha() for c in value):
                return value

    def jwt() -> str:
        parts = [json.dumps({"alg": "HS256", "typ": "JWT"}), json.dumps({"sub": some(BASE62, 12)})]
        return ".".join([*(base64.urlsafe_b64encode(p.encode()).decode().rstrip("=") for p in parts), some(URL_SAFE, 43)])

    def private_key(name: str, break_: str = "\n") -> str:
        body = break_.join(some(BASE62 + "+/", 64) for _ in range(12))
        return f"-----BEGIN {name}PRIVATE KEY-----{break_}{body}{break_}-----END {name}PRIVATE KEY-----"

    upper32 = string.ascii_uppercase + "234567"
    marked = {
        "aws_access_key": lambda: "AKIA" + some(upper32, 16),
        "github": lambda: r.choice(["ghp_", "gho_", "ghs_"]) + some(BASE62, 36),
        "gitlab": lambda: "glpat-" + some(URL_SAFE, 20),
        "slack": lambda: f"xoxb-{some(string.digits + 'a', 12)}-{some(BASE62, 24)}",
        "anthropic": lambda: "sk-ant-api03-" + some(URL_SAFE, 93),
        "openai": lambda: r.choice(["sk-", "sk-proj-"]) + some(BASE62, 48),
        "google": lambda: "AIza" + some(URL_SAFE, 35),
        "stripe": lambda: "sk_live_" + some(BASE62, 24),
        "huggingface": lambda: "hf_" + some(BASE62, 34),
        "npm": lambda: "npm_" + some(BASE62, 36),
        "pypi": lambda: "pypi-AgEIcHlwaS5vcmc" + some(URL_SAFE, 120),
        "sendgrid": lambda: f"SG.{some(URL_SAFE, 22)}.{some(URL_SAFE, 43)}",
        "telegram": lambda: f"{r.randrange(10**8, 10**9)}:AA{some(URL_SAFE, 33)}",
        "digitalocean": lambda: "dop_v1_" + some(HEX, 64),
        "jwt": jwt,
    }
    frames = ["export KEY={}", "Use `{}` to log in.", '  "key": "{}",', "curl -H 'X-Key: {}' https://x.org", "https://x.org/?k={}&a=1", "{}"]
    lines = {kind: [frame.format(make()) for frame in frames for _ in range(4)] for kind, make in marked.items()}
    lines["private_key"] = [private_key(name) for name in ("", "RSA ", "EC ", "OPENSSH ") for _ in range(4)]
    lines["private_key"] += [f'"private_key": "{private_key("", chr(92) + "n")}",' for _ in range(4)]
    lines["url_password"] = [
        f"{scheme}://{user}:{some(BASE62 + '!#$.', 12)}@db.internal:5432/app"
        for scheme in ("postgres", "mysql", "redis", "https", "amqp") for user in ("app", "", "svc-1")
    ]

    def strong() -> str:
        alphabets = [string.ascii_lowercase] * 4 + [string.ascii_uppercase] * 3 + [string.digits] * 3 + ["!@#&"] + [BASE62] * 4
        return "".join(map(r.choice, alphabets))

    lines["assigned"] = [
        frame.format(value())
        for frame, value in [
            ('password = "{}"', strong),
            ("PASSWORD: '{}'", strong),
            ('"db_password": "{}",', strong),
            ("config['secret_key'] = '{}'", lambda: some(URL_SAFE, 50)),
            ("API_KEY={}", lambda: some(BASE62, 32)),
            ("aws_secret_access_key = {}", lambda: some(BASE62 + "+/", 40)),
            ('apiKey: "{}"', lambda: some(HEX, 32)),
            ("client_secret={}", lambda: some(URL_SAFE, 40)),
            ("&access_token={}&x=1", lambda: some(BASE62, 40)),
            ('token => "{}"', lambda: some(BASE62, 24)),
        ]
        for _ in range(10)
    ]
    lines["assigned"] += [frame.format(some(HEX, 64)) for frame in ("ENCRYPTION_KEY={}", "signing_key: '{}'") for _ in range(5)]
    lines["assigned"] += [f"{frame}'{some(BASE62, 16)}*{some(BASE62, 12)}^{some(BASE62, 9)}${some(BASE62, 10)}'" for frame in ("SECRET_KEY = ", "define('AUTH_KEY', ") for _ in range(5)]

    def token() -> str:
        return r.choice([some(HEX, 40), some(BASE62, 40)])

    placed = {
        "command_password": (["curl -u admin:{} https://x.org", "wget --user=bot:{} x", "mysql -u root -p'{}' shop", "machine x.org login me@x.org password {}"], lambda: some(BASE62, 16)),
        "header_token": (["Authorization: token {}", '"Authorization": "token {}"', "-H 'authorization: Token {}'"], token),
        "url_token": (["git clone https://{}@host.org/o/r.git", "url = https://{}@x.org/"], token),
        "signature": (["https://x.net/a?sv=2022&sig={}%3D&se=1"], lambda: some(BASE62, 43)),
        "stored_login": (['"auth": "{}"', "_auth={}", "//x.org/:_auth={}"], lambda: base64.b64encode(f"robot:{some(BASE62, 20)}".encode()).decode()),
        "element": (["<password>{}</password>", '<add key="ApiKey" value="{}" />', "<secret>{}</secret>"], lambda: some(BASE62, 20)),
        "discord": (["{}", "url: {}"], lambda: f"https://discord.com/api/webhooks/{819405627183600000 + r.randrange(99999)}/{some(URL_SAFE, 68)}"),
        "langsmith": (["KEY={}", '"{}"'], lambda: f"lsv2_pt_{some(HEX, 32)}_{some(HEX, 10)}"),
        "square": (["{}"], lambda: "sq0csp-" + some(URL_SAFE, 43)),
        "airtable": (["pat = {}"], lambda: f"pat{some(BASE62, 14)}.{some(HEX, 64)}"),
        "fly": (["FlyV1 {}"], lambda: "fm2_" + some(BASE62 + "+/", 100)),
        "facebook": (["?access={}"], lambda: "EAAC" + some(BASE62, 120)),
    }
    for kind, (frames, make) in placed.items():
        lines[kind] = [frame.format(make()) for frame in frames for _ in range(6)]
    lines["bearer"] = [f"Authorization: Bearer {some(URL_SAFE, 40)}" for _ in range(10)]
    lines["basic_login"] = [f"Authorization: Basic {base64.b64encode(f'svc:{strong()}'.encode()).decode()}" for _ in range(10)]
    return lines


def false_secrets() -> list[str]:
    """Lines that look like secrets and hold none."""
    r = random.Random(9)
    digests = [hashlib.new(name, str(i).encode()).hexdigest() for name in ("md5", "sha1", "sha256", "sha512") for i in range(10)]
    lines = [f"{frame}{value}" for value in digests for frame in ("commit ", "sha256:", 'etag = "', "checksum=", "password_hash: ", "token_id = ")]
    lines += [f'{frame}"{uuid.UUID(int=r.getrandbits(128))}"' for frame in ("id = ", "token = ", "api_key: ", "secret=", "password: ") for _ in range(10)]
    lines += [f'"integrity": "sha512-{base64.b64encode(hashlib.sha512(str(i).encode()).digest()).decode()}",' for i in range(10)]
    lines += [f"data:image/png;base64,{base64.b64encode(r.randbytes(300)).decode()}" for _ in range(5)]
    lines += """
        aws_access_key_id = AKIAIOSFODNN7EXAMPLE
        aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
        password = os.environ["DB_PASSWORD_2"]
        password = getpass.getpass("Password for user1: ")
        token = self.tokenizer.get_next_token_v2(text1)
        secret_key = "django-insecure-change-me-1234567890abcdef"
        api_key = "your-api-key-here-12345"
        API_KEY=<YOUR_API_KEY_1>
        api_key: ${API_KEY_2024}
        password: "{{ vault_db_password_1 }}"
        PASSWORD_RESET_TIMEOUT_DAYS = 3
        token = "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        OPENAI_API_KEY=sk-your-key-goes-here-0123456789abcdefghij
        ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        GITHUB_TOKEN=ghp_1234567890abcdefghijklmnopqrstuvwxyz
        postgres://user:password@localhost:5432/db
        postgresql://postgres:postgres@db/app
        mysql://root:${MYSQL_PASSWORD}@127.0.0.1/test
        http://localhost:8080/@angular/core
        https://example.org:443/path@v1.2.3
        git clone git@github.com:owner/repo.git
        max_tokens=16384, token_type_ids=None
        tokenizer = "Qwen/Qwen2.5-7B-Instruct-1M"
        "token": "##ization2vec_base_uncased"
        private_key = Ed25519PrivateKey.generate()
        def load(private_key: PKCS7PrivateKeyTypes, password: bytes | None = None):
        credentials = service_account.Credentials.from_service_account_file2(path)
        if "-----BEGIN PRIVATE KEY-----" in text: return True
        print("-----BEGIN RSA PRIVATE KEY-----")
        password_field = "id_password1_field_name"
        access_key = settings.AWS_S3_ACCESS_KEY_ID_V4
        auth_key = "X-Auth-Key-Header-V2"
        "nextToken": "eyJ2IjoxLCJzIjoxLCJpIjoiOU83OTFodzdycnZCbkN4MExHeHVwQT09Iiwi",
        page_token = "CiAKGjBpNDd2Nmp2Zml2cXRwYjBpOXA"
        csrf_token = "kJ8sLq2Zx9Wm4Nv7Bt1Yc6Rp3Hd5Fg0A"
        Basic functionality is described in chapter12
        Authorization: Bearer $ACCESS_TOKEN_FOR_API_V2
        Bearer authentication-with-tokens-v2 is used
        eyJ.notajwt.atall and eyJhbGciOiJub25lIn0 alone
        The secret: 2 cups of flour and 350g sugar
        Password123
        Next page token: a5Kd93LmQ0xz81Tb7Wq
        csrfmiddlewaretoken=Xk29fLq0a8Zp3Rt7Yw1Bc5Vd
        <password>PASSWORD_1_HERE</password>
        curl -u user:password https://host.org
        docker run -u 1000:1000 -p '8080:80' image:v2
        mysql -u root -p'$MYSQL_ROOT_PASSWORD1' shop
        X-Api-Key: YOUR-KEY-HERE-1234
        Authorization: token YOUR_TOKEN_2
        machine x.org login me password mypassword1
        git+ssh://very-long-user-name-for-deployments-2024@host.org/r
        https://x.org/a?sig=%28lambda%20x%3A%20x%29&v=2
        "auth": "authentication/oauth2/client"
        password = "correct-horse-battery-staple"
        api_key_header = "X-Service2-Api-Key-Header"
        private_key_path = "/etc/ssl/private/server1.example.org.key"
        ENCRYPTION_KEY = "000102030405060708090a0b0c0d0e0f"
        ("token", "TokenObtainPairView2")
        <token>IDENTIFIER_2</token>
        secret = hashlib.sha256(b"abc123def456").hexdigest()
        SECRET_NAME = "projects/my-project-42/secrets/db-pass/versions/latest"
        scikit-learn sk-estimator-id-1 sk-container-id-20
        """.strip().splitlines()
    return [line.strip() for line in lines]

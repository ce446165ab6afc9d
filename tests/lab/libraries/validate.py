"""A web application that checks the signature of each request with Twilio's Python library.

    validate.py TOKEN FOLDER

Prints its port, then a line of JSON for each request. Answers /NAME with FOLDER/NAME.xml,
and with an empty document where there is none.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from twilio.request_validator import RequestValidator

TOKEN, FOLDER = sys.argv[1], Path(sys.argv[2])
VALIDATOR = RequestValidator(TOKEN)


class Application(BaseHTTPRequestHandler):
    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        form = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
        url = f"http://{self.headers['Host']}{self.path}"
        signature = self.headers.get("X-Twilio-Signature", "")
        path = urlsplit(self.path).path
        seen = {
            "method": self.command,
            "path": path,
            "valid": VALIDATOR.validate(url, form, signature),
        }
        print(json.dumps(seen), flush=True)
        document = FOLDER / f"{path.strip('/')}.xml"
        body = document.read_bytes() if document.is_file() else b"<Response/>"
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Application)
print(server.server_port, flush=True)
server.serve_forever()

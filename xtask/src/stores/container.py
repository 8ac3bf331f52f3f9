"""Creates a container in Azurite, whose emulated account has a published name and key."""

import base64
import datetime
import hashlib
import hmac
import sys
import urllib.error
import urllib.request

endpoint, account, key, container = sys.argv[1:]
date = datetime.datetime.now(datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
headers = f"x-ms-date:{date}\nx-ms-version:2021-08-06"
resource = f"/{account}/{account}/{container}\nrestype:container"
text = "PUT" + "\n" * 12 + headers + "\n" + resource
digest = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()
request = urllib.request.Request(
    f"{endpoint}/{container}?restype=container",
    method="PUT",
    headers={
        "x-ms-date": date,
        "x-ms-version": "2021-08-06",
        "Authorization": f"SharedKey {account}:{base64.b64encode(digest).decode()}",
        "Content-Length": "0",
    },
)
try:
    urllib.request.urlopen(request)
except urllib.error.HTTPError as error:
    if error.code != 409:  # It is there already.
        raise

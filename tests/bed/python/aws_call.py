"""Makes AWS calls against an emulator, for the bed.

Standard input is one JSON object:

    {"endpoint": URL, "region": NAME,
     "credentials": {"access_key": KEY, "secret_key": KEY, "session_token": TOKEN or null},
     "calls": [{"service": "s3", "operation": "get_object", "parameters": {...}}, ...]}

Standard output is one JSON array with one object for each call, in the same order:

    {"outcome": "allowed", "response": {...}}
    {"outcome": "denied" or "other", "code": CODE, "message": TEXT}

"denied" means that the caller may not do it or is not known; everything else that went wrong is "other".
Credentials come by standard input because arguments can be read by every user of the machine.
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# Not every service answers a refusal with status 403.
DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
}


def plain(value):
    """What JSON cannot hold, as text; the body of an object is read."""
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def perform(client, operation, parameters):
    try:
        response = getattr(client, operation)(**parameters)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        denied = code in DENIED or status in (401, 403)
        message = error.response.get("Error", {}).get("Message", "")
        return {"outcome": "denied" if denied else "other", "code": code, "message": message}
    except BotoCoreError as error:
        return {"outcome": "other", "code": type(error).__name__, "message": str(error)}
    response.pop("ResponseMetadata", None)
    return {"outcome": "allowed", "response": response}


def main():
    request = json.load(sys.stdin)
    credentials = request["credentials"]
    # No retries: an emulator that answers 500 shall be seen at once. The path style keeps bucket names out of the
    # host name, which nothing would resolve.
    config = Config(
        retries={"total_max_attempts": 1},
        connect_timeout=5,
        read_timeout=30,
        proxies={},
        s3={"addressing_style": "path"},
    )
    session = boto3.session.Session(
        aws_access_key_id=credentials["access_key"],
        aws_secret_access_key=credentials["secret_key"],
        aws_session_token=credentials.get("session_token"),
        region_name=request["region"],
    )
    clients = {}
    results = []
    for call in request["calls"]:
        service = call["service"]
        if service not in clients:
            clients[service] = session.client(service, endpoint_url=request["endpoint"], config=config)
        results.append(perform(clients[service], call["operation"], call["parameters"]))
    json.dump(results, sys.stdout, default=plain)


main()

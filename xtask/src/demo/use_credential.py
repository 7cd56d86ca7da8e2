"""Uses the credential in the environment and writes what it was allowed to `used.txt`."""

import boto3
from botocore.exceptions import ClientError

s3 = boto3.client("s3")


def attempt(name, call):
    try:
        call()
        return f"{name}: allowed"
    except ClientError as error:
        return f"{name}: {error.response['Error']['Code']}"


with open("used.txt", "w") as report:
    for line in (
        attempt("GetObject reports/monthly.txt", lambda: s3.get_object(Bucket="reports", Key="monthly.txt")),
        attempt("PutObject reports/monthly.txt", lambda: s3.put_object(Bucket="reports", Key="monthly.txt", Body=b"x")),
    ):
        print(line, file=report)

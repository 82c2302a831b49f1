"""Fixtures that every test may ask for."""

from tests.s3_server import place as place
from tests.s3_server import s3 as s3
from tests.s3_server import s3_endpoint as s3_endpoint

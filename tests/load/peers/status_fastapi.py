"""GET batch status by FastAPI and asyncpg: the peer that today's Python servers are built on.

Run by uvicorn with DATABASE_URL in the environment; it makes the same SQL call as the edge's component.
"""

import hashlib
import os
import uuid
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, Header, Response

STATUS = """select status, body from api.batch_status(row(null, null, $1::bytea, 0)::api.credentials, $2)"""


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=16, max_size=16)
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)


@app.get("/api/v1/advanced/batch-tts/{batch_id}/status")
async def status(batch_id: str, x_api_key: str = Header()):
    key_hash = hashlib.sha256(x_api_key.encode()).digest()
    row = await app.state.pool.fetchrow(STATUS, key_hash, uuid.UUID(hex=batch_id.removeprefix("batch_")))
    return Response(row["body"], status_code=row["status"], media_type="application/json")

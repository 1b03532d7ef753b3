"""The application over the database in DATABASE_URL."""

import os

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from bench.peers.orm.acting import read_tools
from bench.peers.orm.acts import accept, refuse, submit
from bench.peers.orm.reading import list_cases, read_case


def app() -> FastAPI:
    """Build the application."""
    url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
    made = FastAPI()
    # As many connections as ours.
    engine = create_async_engine(url, pool_size=20, max_overflow=0)
    made.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    made.state.tools = read_tools()
    made.get("/applications")(list_cases)
    made.get("/applications/{application_id}")(read_case)
    made.post("/applications/{application_id}/submission")(submit)
    made.post("/applications/{application_id}/acceptance")(accept)
    made.post("/applications/{application_id}/refusal")(refuse)
    return made

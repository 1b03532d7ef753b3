"""What most people would write: FastAPI, SQLAlchemy ORM entities in one session a request, pydantic, uvicorn."""

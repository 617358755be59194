"""Models that nobody trained, in a bot that does not run: for tests of what comes after."""

import subprocess
import sys
from pathlib import Path

from sqlmodel import Session, create_engine, select

from storage import jobs
from storage.files import FileStore
from storage.models import DatasetVersion, Model, Project
from tests.support.bot import BotProcess

ROOT = Path(__file__).resolve().parents[2]
MAKE = """
import sys
from pathlib import Path
from pipeline.worker import engine
folder = Path(sys.argv[1])
engine.prepare(folder)
from ultralytics.nn.tasks import DetectionModel
model = engine.load("yolov8n.yaml")
model.model = DetectionModel("yolov8n.yaml", nc=int(sys.argv[2]), verbose=False)
model.save(folder / "best.pt")
"""


def weights(folder: Path, classes: int) -> Path:
    """A YOLOv8n as it is before its first epoch."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", MAKE, str(folder), str(classes)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    return folder / "best.pt"


def add_models(bot: BotProcess, best: Path, package: bytes, count: int, imgsz: int) -> None:
    """Give the only project of a stopped bot models of its newest data; the last is packed."""
    files = FileStore(bot.home / "files")
    engine = create_engine(f"sqlite:///{bot.home / 'taptrain.db'}")
    with Session(engine) as session:
        project = session.exec(select(Project)).one()
        data = session.exec(select(DatasetVersion)).one()
        for number in range(1, count + 1):
            job = jobs.create(
                kind="train",
                project_id=project.id,
                chat_id=project.chat_id,
                member_id=project.created_by,
                request={},
                session=session,
            )
            for state in ("leased", "running", "succeeded"):
                jobs.move(job, state, session=session)
            model = Model(
                project_id=project.id or 0,
                number=number,
                job_id=job.id or 0,
                dataset_id=data.id or 0,
                architecture="yolov8n",
                imgsz=imgsz,
                weights_key=files.put_file(best),
                details={"classes": project.classes, "epochs": 1, "start_weights": "yolov8n.yaml"},
                page_token=f"token-of-version-{number}",
            )
            if number == count:
                model.package_key = files.put_bytes(package, suffix=".zip")
                model.details = {**model.details, "package": {"size_bytes": len(package)}}
            session.add(model)
        session.commit()
    engine.dispose()

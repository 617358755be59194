"""What a browser makes of a served page: threads, frames, and pictures that are sent back."""

import contextlib
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import async_playwright
from sqlmodel import select
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from bot.webapp.server import WebServer, bind
from pipeline.kinds.places import Places
from pipeline.pool import PicturePool
from storage.db import Database
from storage.files import FileStore
from storage.models import HardExample
from tests.support.project import open_database
from tests.support.shared_page import OWN, Site

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]

WORKER = """
new Promise((resolve) => {
  const code = "onmessage = (e) => { new Int32Array(e.data)[0] = 7; postMessage(1); }";
  const worker = new Worker(URL.createObjectURL(new Blob([code])));
  const shared = new SharedArrayBuffer(4);
  worker.onmessage = () => resolve(new Int32Array(shared)[0]);
  worker.postMessage(shared);
})
"""
SEND_BACK = """
async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
  canvas.getContext("2d").fillRect(20, 20, 100, 90);
  const picture = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
  const form = new FormData();
  form.append("picture", picture, "wrong.jpg");
  form.append("boxes", JSON.stringify([{ class: "cat", score: 0.5, box: [0, 0, 0.5, 0.5] }]));
  const { url } = await (await fetch("feedback.json")).json();
  return (await fetch(url, { method: "POST", body: form })).status;
}
"""


@contextlib.asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[str]:
    """Serve an app as the bot does; its address."""
    server = WebServer(app, bind(0, chosen=False))
    await server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.close()


@pytest.fixture
def db(tmp_path) -> Database:
    """A database in a file."""
    return open_database(tmp_path)


async def test_a_browser_gives_the_page_what_it_needs(
    db: Database, tmp_path, chromium: str
) -> None:
    """It is isolated, so wasm may have threads; a picture goes back from it as it is documented.

    Shown inside another site's page it runs as well, without them.
    """
    pool = PicturePool()
    places = Places(home=tmp_path, files=FileStore(tmp_path / "files"), offline=True)
    site = Site(db, places, pool)
    async with serving(site.client.app) as address, async_playwright() as playwright:
        url = f"{address}/m/{OWN}/"

        async def around(_request: object) -> HTMLResponse:
            return HTMLResponse(f'<link rel="icon" href="data:,"><iframe src="{url}"></iframe>')

        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = await browser.new_page()
        trouble: list[str] = []
        page.on("console", lambda said: trouble.append(said.text))
        await page.goto(url)
        assert await page.evaluate("crossOriginIsolated")
        assert await page.evaluate(WORKER) == 7
        assert await page.evaluate(SEND_BACK) == 201
        # The same origin under another name is another site.
        async with serving(Starlette(routes=[Route("/", around)])) as other:
            await page.goto(other.replace("127.0.0.1", "localhost"))
            frame = page.frames[1]
            assert await frame.title() == "cats"
            assert not await frame.evaluate("crossOriginIsolated")
        assert trouble == []
        await browser.close()
    [row] = db.read_now(lambda session: list(session.exec(select(HardExample))))
    assert row.model_id == site.model.id
    site.client.close()
    await pool.close()
    db.close()

"""A notebook in JupyterLab's page: opened, run, and watched for what should not happen."""

from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page

from tests.lab_server import Server

SECONDS = 1000
SECONDS_TO_RUN, SECONDS_TO_SHOW = 120, 10
# A workspace of its own, so that nobody's tabs are rearranged.
WORKSPACE = "/lab/workspaces/tests/tree"
HANDLE = ".pinlab-track input, .noUi-handle"  # ours, and that of ipywidgets

# Before it has a kernel a notebook counts as idle, and a click on Run All Cells is lost.
READY = """cells => {
    const status = document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status;
    const kernel = document.querySelector('.jp-KernelName')?.textContent ?? 'No Kernel';
    return status === 'idle' && !kernel.includes('No Kernel')
        && document.querySelectorAll('.jp-CodeCell').length === cells;
}"""
IDLE = """() =>
    document.querySelector('.jp-Notebook-ExecutionIndicator').dataset.status === 'idle'
"""
PROMPTS = """[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]
    .map(prompt => prompt.textContent)"""
CLEARED = f"() => {PROMPTS}.every(prompt => prompt === '[ ]:')"
# An error ends the run, and the cells after it have an empty prompt again.
FINISHED = f"""() => {PROMPTS}.some(prompt => prompt !== '[ ]:')
    && {PROMPTS}.every(prompt => prompt !== '[*]:')"""


def address(server: Server, path: str) -> str:
    """Where a notebook is opened by its path on the server."""
    return f"http://{server.address}{WORKSPACE}/{path}?reset&token={server.token}"


def open_notebook(page: Page, server: Server, path: str, cells: int) -> None:
    """Open a notebook by its path on the server, and wait for its kernel and its code cells."""
    page.goto(address(server, path))
    wait_until_open(page, cells)


def wait_until_open(page: Page, cells: int) -> None:
    """Wait for a notebook's kernel and its code cells."""
    page.wait_for_function(READY, arg=cells, timeout=SECONDS_TO_RUN * SECONDS)


def run_all(page: Page) -> None:
    """Run every cell; stored outputs and prompts are dropped before, so none is taken for new."""
    choose(page, "Edit", "Clear Outputs of All Cells")
    page.wait_for_function(CLEARED)
    choose(page, "Run", "Run All Cells")
    page.wait_for_function(FINISHED, timeout=SECONDS_TO_RUN * SECONDS)
    wait_until_idle(page)


def choose(page: Page, menu: str, item: str) -> None:
    """Choose from a menu."""
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.locator(".lm-Menu").get_by_text(item, exact=True).click()


def wait_until_idle(page: Page) -> None:
    """Wait until the kernel has nothing to do."""
    page.wait_for_function(IDLE)


def errors(page: Page) -> list[str]:
    """What cells show as an error: tracebacks, and whatever was written to stderr."""
    return page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').all_text_contents()


def arrow(handle: Locator) -> str:
    """The arrow key that moves a slider: right, and left if it is at its end."""
    at_its_end = "one => (one.value ?? one.ariaValueNow) === (one.max ?? one.ariaValueMax)"
    return "ArrowLeft" if handle.evaluate(at_its_end) else "ArrowRight"


def watch(page: Page, server: Server) -> list[str]:
    """A list to which the page adds each error, and each request that leaves the machine."""
    complaints: list[str] = []

    def look_at(address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("data", "blob") and parts.netloc != server.address:
            complaints.append(f"asked {address}")

    def read(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"logged {message.text}")

    page.on("request", lambda request: look_at(request.url))
    page.on("websocket", lambda socket: look_at(socket.url))
    page.on("pageerror", lambda error: complaints.append(f"raised {error}"))
    page.on("console", read)
    return complaints

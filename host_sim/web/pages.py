"""What the face's pages share: their templates, and the language that a browser wants."""
from pathlib import Path

from starlette.templating import Jinja2Templates

pages = Jinja2Templates(Path(__file__).parent / "templates")


def language(request):
    """What was chosen once, or else what the browser asks for."""
    asked = request.headers.get("accept-language", "")
    return request.cookies.get("lang") or ("zh" if asked.startswith("zh") else "en")

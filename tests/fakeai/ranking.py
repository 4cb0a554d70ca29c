"""Ranks of documents and findings about texts, as servers beside OpenAI and OpenAI give them."""

from aiohttp import web

from tests.fakeai.chat import Body, error


async def rerank(request: web.Request, body: Body) -> web.StreamResponse:
    """Rank by length; the model `odd` answers with something else."""
    model, documents = str(body["model"]), body["documents"]
    if model.startswith("error-"):
        return error(int(model.removeprefix("error-")), request)
    ranked = sorted(range(len(documents)), key=lambda place: -len(documents[place]))
    results = [
        {"index": place, "relevance_score": 1 / (1 + rank)} for rank, place in enumerate(ranked)
    ]
    told: Body = {"model": model, "usage": {"total_tokens": 30}}
    return web.json_response(told | ({} if model == "odd" else {"results": results}))


async def moderate(request: web.Request, body: Body) -> web.StreamResponse:
    """Flag what says that it is bad."""
    given = body["input"] if isinstance(body["input"], list) else [body["input"]]
    results = [
        {"flagged": "bad" in str(each), "categories": {"violence": False},
         "category_scores": {"violence": 0.1}}
        for each in given
    ]  # fmt: skip
    return web.json_response({"id": "modr-1", "model": body["model"], "results": results})

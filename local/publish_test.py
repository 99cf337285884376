"""Publishing against a bucket that fails wherever one likes. Run it in this folder: python -m unittest publish_test"""

import hashlib
import re
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

from botocore.exceptions import ClientError

import publish

NAMED = re.compile(r"/(assets/[^\" ]+)")


def refused(code):
    return ClientError({"Error": {"Code": code, "Message": code}}, "Operation")


class Bucket:
    """As much of S3 as publishing uses; after some writes it fails for good."""

    def __init__(self, writes=None):
        self.objects = {}
        self.order = []
        self.left = writes
        self.lock = threading.Lock()

    def head_object(self, Bucket, Key):
        with self.lock:
            if Key not in self.objects:
                raise refused("404")
            body, headers = self.objects[Key]
            return {"ETag": f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"', **headers}

    def put_object(self, Bucket, Key, Body, IfNoneMatch=None, **headers):
        with self.lock:
            if self.left is not None:
                if self.left == 0:
                    raise refused("InternalError")
                self.left -= 1
            if IfNoneMatch and Key in self.objects:
                raise refused("PreconditionFailed")
            self.objects[Key] = (Body, headers)
            self.order.append(Key)

    def names_only_what_is_there(self):
        for key, (body, _) in self.objects.items():
            for named in NAMED.findall(body.decode()):
                if named not in self.objects:
                    return f"{key} names {named}"
        return None


class Lambda:
    def __init__(self):
        self.invoked = []

    def invoke(self, **request):
        self.invoked.append(request)


OUTPUTS = {"SiteBucket": "bucket", "SiteUrl": "https://tickets.example", "RenderPagesFunction": "render"}


class Publishing(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.renderer = Lambda()
        self.build("1")

    def build(self, release):
        for path in [path for path in self.folder.rglob("*") if path.is_file()]:
            path.unlink()
        for number in range(5):
            self.write(f"assets/page{number}.{release}.js", f"// {release}")
        self.write("assets/manifest.json", " ".join(f"/assets/page{n}.{release}.js" for n in range(5)))
        for number in range(5):
            self.write(f"page{number}/index.html", f'<script src="/assets/page{number}.{release}.js"></script>')
        for key in ("index.html", "de/index.html"):
            self.write(key, f'<script src="/assets/page0.{release}.js"></script>')
        self.write("robots.txt", "")

    def write(self, key, text):
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def publish(self, bucket, outputs=OUTPUTS):
        clients = {"s3": bucket, "lambda": self.renderer}
        with (
            mock.patch.object(publish.boto3, "client", lambda service, **_: clients[service]),
            mock.patch.object(publish, "stack_outputs", lambda stack: outputs),
        ):
            return publish.publish("stack", self.folder)

    def test_assets_come_first_then_their_list_then_pages(self):
        bucket = Bucket()
        told = self.publish(bucket)
        self.assertEqual(told, {"bucket": "bucket", "written": 14, "unchanged": 0, "rendering": True})
        self.assertTrue(all(key.startswith("assets/page") for key in bucket.order[:5]))
        self.assertEqual(bucket.order[5], "assets/manifest.json")
        self.assertEqual(
            bucket.objects["assets/page0.1.js"][1],
            {"ContentType": "text/javascript; charset=utf-8", "CacheControl": "public, max-age=31536000, immutable"},
        )
        page = {
            "ContentType": "text/html; charset=utf-8",
            "CacheControl": "public, max-age=0, s-maxage=10, stale-while-revalidate=60",
        }
        self.assertEqual(bucket.objects["page0/index.html"][1], page)
        self.assertEqual(bucket.objects["index.html"][1], page)
        self.assertEqual(bucket.objects["assets/manifest.json"][1]["CacheControl"], page["CacheControl"])
        [asked] = self.renderer.invoked
        self.assertEqual(asked["Payload"], b'{"render": "everything"}')
        self.assertEqual((asked["FunctionName"], asked["InvocationType"]), ("render", "Event"))

    def test_what_is_there_is_not_sent_again(self):
        bucket = Bucket()
        self.publish(bucket)
        self.assertEqual(self.publish(bucket)["written"], 0)
        self.write("page1/index.html", "new")
        body, headers = bucket.objects["page2/index.html"]
        bucket.objects["page2/index.html"] = (body, {**headers, "CacheControl": "no-store"})
        del bucket.order[:]
        self.assertEqual(self.publish(bucket)["written"], 2)
        self.assertEqual(sorted(bucket.order), ["page1/index.html", "page2/index.html"])

    def test_what_is_rendered_is_never_written_over(self):
        bucket = Bucket()
        for key in ("index.html", "de/index.html"):
            bucket.objects[key] = (b"rendered", {})
        self.publish(bucket)
        for key in ("index.html", "de/index.html"):
            self.assertEqual(bucket.objects[key][0], b"rendered")

        class RenderedMeanwhile(Bucket):
            def head_object(self, Bucket, Key):
                found = super().head_object if Key in self.objects else None
                self.objects.setdefault("index.html", (b"rendered", {}))
                if found is None or Key == "index.html":
                    raise refused("404")
                return found(Bucket, Key)

        bucket = RenderedMeanwhile()
        self.publish(bucket)
        self.assertEqual(bucket.objects["index.html"][0], b"rendered")

    def test_wherever_it_dies_pages_have_their_assets_and_the_next_run_finishes(self):
        for writes in range(13):
            bucket = Bucket()
            self.build("1")
            self.publish(bucket)
            before = set(bucket.objects)
            self.build("2")
            bucket.left = writes
            asked = len(self.renderer.invoked)
            if writes < 11:
                with self.assertRaises(ClientError):
                    self.publish(bucket)
                self.assertEqual(len(self.renderer.invoked), asked)
            else:
                self.publish(bucket)
            self.assertIsNone(bucket.names_only_what_is_there(), f"after {writes} writes")
            self.assertLessEqual(before, set(bucket.objects), "nothing is deleted")
            bucket.left = None
            self.publish(bucket)
            self.assertIn(b"page4.2.js", bucket.objects["page4/index.html"][0])

    def test_a_folder_that_is_no_site_changes_nothing(self):
        bucket = Bucket()
        self.write("page1/notes.doc", "")
        with self.assertRaisesRegex(SystemExit, "notes.doc has no known type"):
            self.publish(bucket)
        (self.folder / "page1/notes.doc").unlink()
        (self.folder / "assets/manifest.json").unlink()
        with self.assertRaisesRegex(SystemExit, "build the site first"):
            self.publish(bucket)
        with self.assertRaisesRegex(SystemExit, "no output SiteBucket"):
            self.publish(bucket, {})
        self.assertEqual((bucket.objects, self.renderer.invoked), ({}, []))


if __name__ == "__main__":
    unittest.main()

// A page that has nothing of its own to do.

import "./header.js";

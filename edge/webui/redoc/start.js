// Its search would run in a worker made from a blob, which the policy of the page does not allow.
window.Redoc.init("/openapi.json", { disableSearch: true, hideDownloadButton: false }, document.getElementById("redoc"));


Bokeh.set_log_level("warn");
const charts = JSON.parse(document.getElementById("chart-data").textContent);
Bokeh.embed.embed_items(charts.documents, charts.items);

/** The offline report: the topic browser over the data that lie in the page. Mirrors ntm_widgets/ui/report.py. */
import { render } from "./topic_browser";
import type { Traits } from "./topic_browser/context";
import { ReportModel, type Stored } from "./topic_browser/report_model";

const data = document.getElementById("ntm-data");
const place = document.getElementById("ntm-browser");
const still = document.getElementById("ntm-still");
if (data && place && still) {
  try {
    render({ model: new ReportModel(JSON.parse(data.textContent ?? "") as Stored<Traits>), el: place });
    still.hidden = true;
    place.hidden = false;
  } catch (error) {
    console.error(error);
  }
}

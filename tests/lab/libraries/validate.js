// A web application that checks the signature of each request with Twilio's Node library.
//
//     validate.js TOKEN FOLDER
//
// Prints its port, then a line of JSON for each request. Answers /NAME with
// FOLDER/NAME.xml, and with an empty document where there is none.

const fs = require("fs");
const http = require("http");
const path = require("path");
const querystring = require("querystring");
const { validateRequest } = require(path.join(process.env.TWILIO_NODE, "node_modules", "twilio"));

const [token, folder] = process.argv.slice(2);

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const form = { ...querystring.parse(Buffer.concat(chunks).toString()) };
    const url = `http://${request.headers.host}${request.url}`;
    const signature = request.headers["x-twilio-signature"] ?? "";
    const name = request.url.split("?")[0];
    const valid = validateRequest(token, signature, url, form);
    console.log(JSON.stringify({ method: request.method, path: name, valid }));
    const file = path.join(folder, `${name.replaceAll("/", "")}.xml`);
    const body = fs.existsSync(file) ? fs.readFileSync(file) : "<Response/>";
    response.writeHead(200, { "Content-Type": "text/xml" });
    response.end(body);
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));

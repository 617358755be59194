// What Telegram tells a Mini App, with and without its own script.
//
// Everything that is needed stands behind the # of the address. telegram.org's script adds the
// theme's later changes; where it cannot be reached the page works all the same.
// Source: https://core.telegram.org/bots/webapps and https://docs.telegram-mini-apps.com/platform

const SCRIPT = "https://telegram.org/js/telegram-web-app.js";
const PATIENCE_MS = 4000;
const KEPT = "taptrain:opened";

/** How the page was opened: {initData, startParam, user}. Waits for the script only in need. */
export async function opened() {
  const script = loadScript();
  const fragment = new URLSearchParams(location.hash.slice(1));
  let data = fragment.get("tgWebAppData") || kept() || "";
  if (!data) data = (await Promise.race([script, sleep(PATIENCE_MS)]))?.initData ?? "";
  keep(data);
  script.then((app) => app && follow(app));
  paint(parse(fragment.get("tgWebAppThemeParams")));
  tell("web_app_ready");
  tell("web_app_expand");
  // A finger that draws downwards must not close the page.
  tell("web_app_setup_swipe_behavior", { allow_vertical_swipe: false });
  const signed = new URLSearchParams(data);
  const startParam = signed.get("start_param") ?? new URLSearchParams(location.search).get("tgWebAppStartParam");
  return { initData: data, startParam, user: parse(signed.get("user"))?.id ?? 0 };
}

let guarded = false;

/** Ask before the page is closed while changes wait. */
export function guardClosing(needed) {
  if (guarded === needed) return;
  guarded = needed;
  tell("web_app_setup_closing_behavior", { need_confirmation: needed });
}

export function close() {
  tell("web_app_close");
}

/** A light tap under the finger, where the phone can. */
export function feel(kind = "light") {
  tell("web_app_trigger_haptic_feedback", { type: "impact", impact_style: kind });
}

function tell(eventType, eventData = {}) {
  if (window.TelegramWebviewProxy) window.TelegramWebviewProxy.postEvent(eventType, JSON.stringify(eventData));
  else if (window.external && "notify" in window.external) window.external.notify(JSON.stringify({ eventType, eventData }));
  else if (window.parent !== window) window.parent.postMessage(JSON.stringify({ eventType, eventData }), "*");
}

function loadScript() {
  return new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.async = true;
    script.onload = () => resolve(window.Telegram?.WebApp ?? null);
    script.onerror = () => resolve(null);
    document.head.append(script);
  });
}

function follow(app) {
  const repaint = () => paint(app.themeParams);
  app.onEvent?.("themeChanged", repaint);
  repaint();
}

/** Telegram's colours become the page's; without any the system's light or dark serves. */
function paint(theme) {
  if (!theme?.bg_color) return;
  const root = document.documentElement;
  root.dataset.scheme = isDark(theme.bg_color) ? "dark" : "light";
  const use = {
    "--panel": theme.bg_color,
    "--ink": theme.text_color,
    "--soft": theme.subtitle_text_color ?? theme.hint_color,
    "--accent": theme.button_color,
    "--accent-ink": theme.button_text_color,
  };
  for (const [name, value] of Object.entries(use)) {
    if (/^#[0-9a-f]{6}$/i.test(value ?? "")) root.style.setProperty(name, value);
  }
}

function isDark(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

function parse(json) {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds, null));

// A reload may lose what stands behind the #.
function kept() {
  try {
    return sessionStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function keep(data) {
  try {
    if (data) sessionStorage.setItem(KEPT, data);
  } catch {
    // Private mode: the address still has it.
  }
}

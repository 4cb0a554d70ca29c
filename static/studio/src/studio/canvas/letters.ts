// Single letters act while the canvas has the keyboard; who dictates or mistypes switches them off.

import { Observable } from "../model/observable";

const KEY = "auterity-letter-keys";

export const letterKeys = new Observable(localStorage.getItem(KEY) !== "off");
letterKeys.on(() => localStorage.setItem(KEY, letterKeys.value ? "on" : "off"));

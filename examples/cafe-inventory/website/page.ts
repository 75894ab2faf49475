/** An element of the page, which the HTML has for certain. */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

export function copyOf(templateId: string): HTMLElement {
  return element<HTMLTemplateElement>(templateId).content.firstElementChild!.cloneNode(true) as HTMLElement;
}

/** Sets the text of a part of a copied template. */
export function fill(parent: HTMLElement, selector: string, text: string): HTMLElement {
  const part = parent.querySelector<HTMLElement>(selector)!;
  part.textContent = text;
  return part;
}

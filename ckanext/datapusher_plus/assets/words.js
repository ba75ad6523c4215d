"use strict";

/* The page that describes one column: drafts fill their field, Ctrl+Enter saves, S skips.
 *
 * Everything works without this script: ticked drafts are used when the form is saved.
 */
(function () {
  var form = document.getElementById('dpp-words');
  if (!form) { return; }

  function isTyping(element) {
    return element.isContentEditable || /^(TEXTAREA|SELECT)$/.test(element.tagName) ||
      (element.tagName === 'INPUT' && !/^(checkbox|radio|button|submit)$/.test(element.type));
  }

  form.addEventListener('change', function (event) {
    var box = event.target;
    var draft = box.closest('.dpp-draft');
    if (!draft || box.type !== 'checkbox' || !box.checked) { return; }
    draft.querySelectorAll('input[type=checkbox]').forEach(function (other) {
      if (other !== box) { other.checked = false; }
    });
    var field = form.elements[draft.getAttribute('data-kind')];
    if (box.name === 'used' && field && field.tagName) {
      field.value = draft.querySelector('[data-value]').textContent;
      form.querySelectorAll('.dpp-draft[data-kind="' + draft.getAttribute('data-kind') + '"] input[name=used]').forEach(function (other) {
        if (other !== box) { other.checked = false; }
      });
    }
  });

  document.addEventListener('keydown', function (event) {
    if (event.isComposing || event.repeat) { return; }
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      var save = form.querySelector('button.btn-primary');
      if (save) { event.preventDefault(); form.requestSubmit(save); }
    } else if (event.key.toLowerCase() === 's' && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target)) {
      event.preventDefault();
      form.requestSubmit(document.getElementById('dpp-skip'));
    }
  });
}());

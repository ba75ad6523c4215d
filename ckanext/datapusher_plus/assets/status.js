"use strict";

/* Keeps the DataStore tab up to date while a file is loaded, and shows times in the reader's own zone.
 *
 * Only parts whose HTML has changed are exchanged, so that the keyboard's focus, selected text and opened details
 * stay where they are, and a screen reader hears the state when it changes and not every two seconds.
 *
 * No ckan.module: those wait for the site's translations, and stay silent where these cannot be had.
 */
(function () {
  var SHORTEST = 2000;
  var LONGEST = 30000;

  function showLocalTimes(root) {
    var language = document.documentElement.lang || undefined;
    root.querySelectorAll('time[datetime]').forEach(function (element) {
      var date = new Date(element.getAttribute('datetime'));
      if (isNaN(date)) { return; }
      element.textContent = element.hasAttribute('data-only-time') ?
        date.toLocaleTimeString(language) :
        date.toLocaleString(language, {dateStyle: 'medium', timeStyle: 'medium'});
    });
  }

  /* What each part is known by: its HTML as served (the page's differs by the local times), or its data-key where
   * the HTML is never twice the same, as with the token in a form. */
  function partsOf(root) {
    var parts = {};
    root.querySelectorAll('[data-part]').forEach(function (part) {
      parts[part.getAttribute('data-part')] = part.getAttribute('data-key') || part.innerHTML;
    });
    return parts;
  }

  /* Whether somebody has typed or chosen something there, which an exchange would lose. */
  function isTyped(part) {
    return Array.prototype.some.call(part.querySelectorAll('form[data-keep] input, form[data-keep] select'), function (field) {
      return field.options ?
        Array.prototype.some.call(field.options, function (each) { return each.selected !== each.defaultSelected; }) :
        field.value !== field.defaultValue;
    });
  }

  function follow(root) {
    var delay = SHORTEST;
    var seen = partsOf(root);

    function later() {
      window.setTimeout(look, delay);
    }

    function look() {
      if (document.hidden) { return later(); }
      fetch(root.getAttribute('data-url'), {credentials: 'same-origin', redirect: 'manual'})
        .then(function (response) {
          /* A redirect leads to a login page: CKAN's, or that of a proxy or plugin which answers before CKAN does. */
          var loginEnded = response.type === 'opaqueredirect' || response.status === 401 || response.status === 403;
          sayLoginEnded(loginEnded);
          if (!response.ok) { throw new Error(response.status); }
          return response.text();
        })
        .then(show)
        .catch(beMorePatient);
    }

    function sayLoginEnded(ended) {
      document.querySelectorAll('[data-login]').forEach(function (notice) { notice.hidden = !ended; });
    }

    function show(html) {
      var fresh = new DOMParser().parseFromString(html, 'text/html').querySelector('.dpp');
      if (!fresh) {
        /* a login page that is sent in place of the tab, without a redirect */
        sayLoginEnded(true);
        throw new Error('not the tab');
      }
      var parts = partsOf(fresh);
      fresh.querySelectorAll('[data-part]').forEach(function (part) {
        var name = part.getAttribute('data-part');
        var shown = root.querySelector('[data-part="' + name + '"]');
        if (shown && parts[name] !== seen[name] && !isTyped(shown)) {
          shown.innerHTML = part.innerHTML;
          showLocalTimes(shown);
        }
      });
      seen = parts;
      delay = SHORTEST;
      if (fresh.hasAttribute('data-open')) { return later(); }
      root.dispatchEvent(new CustomEvent('datapusher_plus:ended', {bubbles: true}));
    }

    /* A web server that restarts, or a login that ended, which may begin again elsewhere: ask less and less often. */
    function beMorePatient() {
      delay = Math.min(delay * 2, LONGEST);
      later();
    }

    showLocalTimes(root);
    if (root.hasAttribute('data-open')) { later(); }
  }

  document.querySelectorAll('.dpp').forEach(follow);
})();

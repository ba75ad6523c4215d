"use strict";

/* Keeps the DataStore tab up to date while a file is loaded, and shows times in the reader's own zone.
 *
 * Only parts whose HTML has changed are exchanged, so that the keyboard's focus, selected text and opened details
 * stay where they are, and a screen reader hears the state when it changes and not every two seconds.
 *
 * url - address of the tab's fragment
 */
ckan.module('datapusher-plus-status', function ($) {
  var SHORTEST = 2000;
  var LONGEST = 30000;

  function showLocalTimes(root) {
    var language = document.documentElement.lang || undefined;
    root.querySelectorAll('time[datetime]').forEach(function (element) {
      var date = new Date(element.getAttribute('datetime'));
      if (isNaN(date)) { return; }
      element.textContent = element.hasAttribute('data-only-time') ?
        date.toLocaleTimeString(language) :
        date.toLocaleString(language, {dateStyle: 'medium', timeStyle: 'short'});
    });
  }

  return {
    options: {url: null},

    initialize: function () {
      $.proxyAll(this, /_on/);
      this.delay = SHORTEST;
      this.seen = this._parts(this.el[0]);
      showLocalTimes(this.el[0]);
      if (this.el[0].hasAttribute('data-open')) { this._later(); }
    },

    /* What each part is known by: its HTML as served (the page's differs by the local times), or its data-key where
     * the HTML is never twice the same, as with the token in a form. */
    _parts: function (root) {
      var parts = {};
      root.querySelectorAll('[data-part]').forEach(function (part) {
        parts[part.getAttribute('data-part')] = part.getAttribute('data-key') || part.innerHTML;
      });
      return parts;
    },

    _later: function () {
      window.setTimeout(this._onDue, this.delay);
    },

    _onDue: function () {
      if (document.hidden) { return this._later(); }
      fetch(this.options.url, {credentials: 'same-origin'})
        .then(function (response) {
          if (!response.ok) { throw new Error(response.status); }
          return response.text();
        })
        .then(this._onFragment)
        .catch(this._onFailure);
    },

    _onFragment: function (html) {
      var fresh = new DOMParser().parseFromString(html, 'text/html').querySelector('.dpp');
      if (!fresh) { throw new Error('not the tab'); }
      var parts = this._parts(fresh);
      Object.keys(parts).forEach(function (name) {
        var part = this.el[0].querySelector('[data-part="' + name + '"]');
        if (part && parts[name] !== this.seen[name]) {
          part.innerHTML = fresh.querySelector('[data-part="' + name + '"]').innerHTML;
          showLocalTimes(part);
        }
      }, this);
      this.seen = parts;
      this.delay = SHORTEST;
      if (fresh.hasAttribute('data-open')) { this._later(); }
    },

    /* A web server that restarts, or a login that ended: ask less and less often, and say nothing. */
    _onFailure: function () {
      this.delay = Math.min(this.delay * 2, LONGEST);
      this._later();
    }
  };
});

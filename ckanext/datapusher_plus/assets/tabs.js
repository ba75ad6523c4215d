"use strict";

/* After a load the resource's page may have more tabs than before, such as the Data Dictionary's: they are fetched anew
 * and exchanged, so that nobody has to reload the page. */
(function () {
  var here = window.location.pathname;
  /* the address may have the dataset's id, the tab has its name */
  var end = here.split('/').slice(-2).join('/');

  function tabsOf(root) {
    var own = Array.from(root.querySelectorAll('a[href]')).filter(function (link) {
      return link.getAttribute('href').endsWith('/' + end) && link.closest('ul, ol');
    });
    /* the last is the tab; a breadcrumb may come before it */
    return own.length ? own[own.length - 1].closest('ul, ol') : null;
  }

  document.addEventListener('datapusher_plus:ended', function () {
    var shown = tabsOf(document);
    if (!shown) { return; }
    fetch(here, {credentials: 'same-origin'})
      .then(function (response) { return response.ok ? response.text() : ''; })
      .then(function (html) {
        var fresh = tabsOf(new DOMParser().parseFromString(html, 'text/html'));
        if (fresh && fresh.querySelectorAll('a').length !== shown.querySelectorAll('a').length) {
          shown.innerHTML = fresh.innerHTML;
        }
      })
      /* the tabs stay as they are until the page is loaded again */
      .catch(function () {});
  });
})();

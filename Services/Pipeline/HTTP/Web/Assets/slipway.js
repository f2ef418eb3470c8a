// Makes the pages live. They read without it: every part that changes is markup the server made, put in the place of the
// same part as it was.
(() => {
  'use strict';
  const root = document.documentElement;
  root.classList.add('script');
  const $ = id => document.getElementById(id);

  // Times go on. The server's clock counts, not this machine's.
  const skew = Date.now() - Number(document.body.dataset.now);
  const two = value => String(value).padStart(2, '0');
  const span = ms => {
    const s = Math.floor(Math.max(0, ms) / 1000);
    if (ms < 9950) return (Math.max(0, Math.round(ms / 100)) / 10).toFixed(1) + 's';
    if (s < 60) return s + 's';
    if (s < 3600) return Math.floor(s / 60) + 'm ' + two(s % 60) + 's';
    return Math.floor(s / 3600) + 'h ' + two(Math.floor(s / 60) % 60) + 'm';
  };
  const ago = ms => {
    const s = Math.floor(ms / 1000);
    // What is to come stays as it is written.
    if (s < -5) return null;
    if (s < 5) return 'now';
    if (s < 60) return s + 's ago';
    if (s < 3600) return Math.floor(s / 60) + 'm ago';
    if (s < 86400) return Math.floor(s / 3600) + 'h ago';
    return s < 14 * 86400 ? Math.floor(s / 86400) + 'd ago' : null;
  };
  const write = (element, text) => { if (text !== null && element.textContent !== text) element.textContent = text; };
  const tick = () => {
    const now = Date.now() - skew;
    for (const element of document.querySelectorAll('[data-since]')) write(element, span(now - element.dataset.since));
    for (const element of document.querySelectorAll('time')) write(element, ago(now - Date.parse(element.dateTime)));
  };
  setInterval(() => { if (!document.hidden) tick(); }, 500);
  document.addEventListener('visibilitychange', tick);

  const parse = html => {
    const template = document.createElement('template');
    template.innerHTML = html;
    return template.content;
  };

  // Puts a part in the place of the one that has its id. What a person has opened or focused stays so.
  const replace = html => {
    const fresh = parse(html).firstElementChild;
    const old = fresh && $(fresh.id);
    if (!old) return;
    if (old.outerHTML === fresh.outerHTML) return;
    if (old.tagName === 'DETAILS') fresh.open = old.open;
    const focused = old.contains(document.activeElement) ? document.activeElement.id : '';
    const top = old.parentElement.scrollTop;
    old.replaceWith(fresh);
    fresh.parentElement.scrollTop = top;
    if (focused && $(focused)) $(focused).focus({ preventScroll: true });
  };

  // A connection that says when it is lost, and not before a person would notice.
  const listen = (address, handlers) => {
    let source, timer;
    const say = text => { const place = $('connection'); if (place) write(place, text); };
    const open = () => {
      source = new EventSource(address);
      source.onopen = () => { clearTimeout(timer); say(''); };
      source.onerror = () => {
        clearTimeout(timer);
        timer = setTimeout(() => say('Reconnecting…'), 1500);
        if (source.readyState === EventSource.CLOSED) setTimeout(open, 3000);
      };
      for (const [name, handler] of Object.entries(handlers)) source.addEventListener(name, event => handler(event.data));
      source.addEventListener('end', () => { source.close(); clearTimeout(timer); say(''); });
    };
    open();
    addEventListener('pagehide', () => source.close());
    addEventListener('pageshow', event => { if (event.persisted) open(); });
  };

  // The list of runs: rows come, change and go; those that stay are not touched.
  const runs = $('runs');
  if (runs && runs.dataset.live) {
    let isFirst = true;
    listen(runs.dataset.live, {
      runs: data => {
        const change = JSON.parse(data);
        const rows = new Map([...runs.children].map(row => [row.id.slice(4), row]));
        let place = runs.firstElementChild;
        for (const id of change.order) {
          let row = rows.get(id);
          rows.delete(id);
          if (change.rows[id]) {
            const fresh = parse(change.rows[id]).firstElementChild;
            if (row) {
              const focused = row.contains(document.activeElement);
              if (place === row) place = fresh;
              row.replaceWith(fresh);
              if (focused) fresh.querySelector('a').focus({ preventScroll: true });
            } else if (!isFirst) fresh.classList.add('new');
            row = fresh;
          }
          if (!row) continue;
          if (row !== place) runs.insertBefore(row, place); else place = place.nextElementSibling;
        }
        for (const row of rows.values()) row.remove();
        isFirst = false;
        const empty = document.querySelector('.empty');
        if (empty && change.order.length) empty.remove();
        tick();
      },
    });
  }

  // One run: its parts, and its log as it grows.
  const run = $('run');
  if (run) {
    const button = $('follow');
    const near = () => innerHeight + scrollY >= root.scrollHeight - 80;
    let isFollowing = false;
    const follow = on => {
      isFollowing = on;
      button.setAttribute('aria-pressed', on);
      if (on) scrollTo({ top: root.scrollHeight, behavior: 'instant' });
      update();
    };
    const isRunning = () => ['running', 'pending'].includes($('run-head').dataset.state);
    const update = () => {
      write(button, isRunning() ? '↓ Follow' : '↓ End');
      button.hidden = isFollowing || near() || !$('lines') || !$('lines').childElementCount;
    };
    button.addEventListener('click', () => follow(true));
    let last = scrollY;
    addEventListener('scroll', () => {
      // Up is a person who wants to read; down to the end is one who wants the newest.
      if (scrollY < last - 2) isFollowing = false; else if (near()) isFollowing = isRunning();
      last = scrollY;
      update();
    }, { passive: true });
    addEventListener('resize', update, { passive: true });
    const wrap = () => {
      const on = localStorage.getItem('wrap') === 'yes';
      $('log').classList.toggle('wrapped', on);
      for (const box of document.querySelectorAll('input.wrap')) box.checked = on;
    };
    run.addEventListener('change', event => {
      if (!event.target.classList.contains('wrap')) return;
      localStorage.setItem('wrap', event.target.checked ? 'yes' : 'no');
      wrap();
    });
    wrap();

    const settle = () => { if (isFollowing) scrollTo({ top: root.scrollHeight, behavior: 'instant' }); update(); };
    if (run.dataset.live) {
      listen(run.dataset.live, {
        'run-head': html => {
          replace(html);
          tick();
          const head = $('run-head');
          document.title = head.querySelector('h1').textContent.trim() + ' ' + head.querySelector('.word').textContent + ' · Slipway';
        },
        steps: html => { replace(html); tick(); },
        why: replace,
        actions: html => { const place = $('actions'); if (place.innerHTML !== html) place.innerHTML = html; },
        log: html => { replace(html); wrap(); watchEarlier(); settle(); },
        'log-head': html => { replace(html); wrap(); settle(); },
        lines: data => {
          const more = JSON.parse(data);
          if (String(more.step) !== $('log').dataset.step) return;
          $('lines').append(parse(more.html));
          settle();
        },
      });
    }

    // Earlier pieces of a long log come when they are about to be seen; what is on the screen stays where it is.
    const load = async link => {
      if (link.dataset.busy) return;
      link.dataset.busy = 'yes';
      const piece = Number(link.dataset.chunk);
      const panel = $('log');
      try {
        const answer = await fetch(`/runs/${panel.dataset.run}/log/${panel.dataset.step}?chunk=${piece}`);
        if (!answer.ok) throw new Error(answer.statusText);
        const height = root.scrollHeight;
        $('lines').prepend(parse(await answer.text()));
        if (piece > 0) { link.dataset.chunk = piece - 1; link.href = link.href.replace(/chunk=\d+/, 'chunk=' + (piece - 1)); } else link.remove();
        scrollTo({ top: scrollY + root.scrollHeight - height, behavior: 'instant' });
      } finally { delete link.dataset.busy; }
    };
    const watcher = new IntersectionObserver(entries => {
      for (const entry of entries) if (entry.isIntersecting && scrollY > 0) load(entry.target).catch(() => {});
    }, { rootMargin: '400px 0px 0px 0px' });
    const watchEarlier = () => { const link = $('earlier'); if (link) watcher.observe(link); };
    run.addEventListener('click', event => {
      if (event.target.id !== 'earlier') return;
      event.preventDefault();
      load(event.target).catch(() => { location.href = event.target.href; });
    });
    watchEarlier();

    // A link to a line that is in no piece of this page: go to the piece that has it.
    const goToLine = () => {
      const line = /^#L(\d+)$/.exec(location.hash);
      if (!line || $(location.hash.slice(1)) || !$('earlier')) return;
      const panel = $('log');
      location.replace(`/runs/${panel.dataset.run}/log/${panel.dataset.step}?line=${line[1]}`);
    };
    addEventListener('hashchange', goToLine);
    goToLine();
    isFollowing = isRunning() && !location.hash && near();
    update();
  }

  for (const form of document.querySelectorAll('form[data-autosubmit]')) {
    form.addEventListener('change', () => form.requestSubmit());
  }
  // An empty choice needs no place in the address.
  document.addEventListener('submit', event => {
    if (event.target.method !== 'get') {
      for (const button of event.target.querySelectorAll('button')) setTimeout(() => { button.disabled = true; });
      return;
    }
    for (const field of event.target.elements) if (field.name && !field.value) field.disabled = true;
  });
  addEventListener('pageshow', () => {
    for (const field of document.querySelectorAll('form :disabled')) field.disabled = false;
  });

  // The editor of components: numbers beside the lines, and what is wrong while it is being written.
  const editor = $('document');
  if (editor) {
    const form = editor.form;
    const gutter = $('gutter');
    const number = () => {
      const count = editor.value.split('\n').length;
      if (gutter.dataset.count === String(count)) return;
      gutter.dataset.count = count;
      gutter.textContent = Array.from({ length: count }, (_, index) => index + 1).join('\n');
    };
    let timer, serial = 0;
    const check = async () => {
      const mine = ++serial;
      try {
        const answer = await fetch(form.dataset.check, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
        const html = await answer.text();
        if (mine === serial && answer.ok) $('findings').innerHTML = html;
      } catch { /* The next change tries again; saving checks in any case. */ }
    };
    editor.addEventListener('input', () => { number(); clearTimeout(timer); timer = setTimeout(check, 350); });
    editor.addEventListener('scroll', () => { gutter.scrollTop = editor.scrollTop; });
    editor.addEventListener('keydown', event => {
      // Tab leaves the editor as everywhere; Enter keeps the indentation; Ctrl-Enter saves.
      if (event.key !== 'Enter' || event.isComposing) return;
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) return form.requestSubmit();
      const before = editor.value.slice(0, editor.selectionStart);
      const indent = /[^\n]*$/.exec(before)[0].match(/^\s*/)[0];
      editor.setRangeText('\n' + indent + (/[[{]\s*$/.test(before) ? '  ' : ''), editor.selectionStart, editor.selectionEnd, 'end');
      editor.dispatchEvent(new Event('input'));
    });
    number();
    check();
  }

  // Copying an address or a token takes one click.
  for (const code of document.querySelectorAll('code.copy')) {
    code.tabIndex = 0;
    code.title = 'Copy';
    const copy = async () => {
      await navigator.clipboard.writeText(code.textContent);
      code.title = 'Copied';
    };
    code.addEventListener('click', copy);
    code.addEventListener('keydown', event => { if (event.key === 'Enter') copy(); });
  }

  // “/” goes to the filter.
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    if (event.key === '/') {
      const field = document.querySelector('.filter select, .filter input');
      if (field) { event.preventDefault(); field.focus(); }
    }
  });
})();

"""Makes Tests/JinjaTests/Fixtures/jinja.jsonl: small templates of our own, each with one construct or a few, and what
Python's jinja2 makes of them as transformers configures it.

    python jinja_fixtures.py > ../JinjaTests/Fixtures/jinja.jsonl
"""

import copy
import datetime
import json

from transformers.utils import chat_template_utils

VARIABLES = {
    "a": "Hello World",
    "b": " x\ty\n ",
    "s": "éÅß'\"\\",
    "e": "",
    "d": {"k": "v", "items": "I", "n": "1"},
    "l": ["c", "a", "B"],
    "el": [],
    "ld": [{"r": "user", "c": "hi"}, {"r": "system", "c": "yo"}, {"r": "user", "c": "Zed"}],
    "u": None,
}

EXPRESSIONS = """
1 + 2 * 3 - 4 | 7 // 2 | -7 // 2 | 7 % -3 | -7 % 3 | 2 ** 10 | 2 ** -1 | 7 / 2 | 1_000 + 0x1F + 0b11 + 0o17 | 1.5e3
1e20 | 1e16 | 0.0001 | 0.00001 | 2.50 | 1 / 3 | -0.0 | 1e400 | 3.0 * 2 | 10 ** 15 * 1.0
'a' ~ 1 ~ none ~ true | 'a' 'b' | "it's" | 'a\\n\\t\\x41\\u00e9\\\\' | 'ab' * 3 | 3 * 'ab' | [1] + [2] | (1, 2) + (3,)
not a and e or l | u or 'x' | e and 1 | not not a | 1 < 2 < 3 | 1 < 3 < 2 | 1 == 1.0 == true | 'a' < 'b' | [1, 2] < [1, 3]
'ell' in a | 'x' not in a | 'k' in d | 'c' in l | 1 in [1.0] | a is defined | nope is defined | nope is undefined | u is none
a is string | 1 is number | 1.0 is integer | 1 is integer | 1.5 is float | true is boolean | true is integer | d is mapping
l is sequence | a is iterable | 3 is odd | 4 is even | 9 is divisibleby 3 | 'a' is lower | 'A' is upper | 1 is eq 1 | 1 is ne 2
2 is gt 1 | 2 is in [1, 2] | a is sameas a | range is callable | true is true | false is false | 'upper' is filter | 'odd' is test
a if 1 else b | (a if 0) | a if e else l[0] if u else 'z' | nope | [nope] | nope ~ 'x'
a[0] | a[-1] | a[99] | a[1:4] | a[::-1] | a[-3:] | a[:-3:2] | a[10:0:-3] | l[1] | l[-1] | l[::-1] | l[5:] | d.k | d['k'] | d.items | d['items']
d.nope | d.get('k') | d.get('z') | d.get('z', 5) | d.keys() | list | d.values() | list | ld[0].r | ld[0]['c'] | (1, 2)[1] | {'a': 1}.a
{'a': 1, 'b': [1, 2.0, none, true, 'x']} | [1, (2,), (), {}] | s | [s] | ["it's"] | ['"'] | ['\\n\\x00é'] | {1: 2, 'x': 3}[1] | {1: 'a', 1.0: 'b', true: 'c'}
a.upper() | a.lower() | a.title() | a.capitalize() | a.swapcase() | b.strip() | b.lstrip() | b.rstrip() | a.strip('Hd') | a.split()
a.split('l') | a.split('l', 1) | a.rsplit('l', 1) | b.split() | b.split(none, 1) | b.rsplit(none, 1) | 'a,b,,c'.split(',') | ''.split() | ''.split(',')
a.startswith('He') | a.endswith(('x', 'ld')) | a.replace('l', 'LL') | a.replace('l', '', 2) | 'aaa'.replace('', '-') | a.find('o') | a.rfind('o') | a.find('z')
a.index('W') | a.count('l') | 'aaa'.count('') | ' '.join(l) | 'a\\nb\\r\\nc'.splitlines() | 'a\\nb'.splitlines(true) | '12'.isdigit() | 'ab'.isalpha()
' '.isspace() | 'Ab'.istitle() | 'AB'.isupper() | 'ab1'.isalnum() | '7'.zfill(3) | '-7'.zfill(4) | 'ab'.center(5) | 'ab'.center(6, '*') | 'ab'.ljust(4) ~ '|'
'ab'.rjust(4) | a.removeprefix('Hello ') | a.removesuffix('ld') | a.partition(' ') | a.rpartition('o') | '{} {1} {x}'.format('p', 'q', x=3) if false else '{0} {x}'.format('p', x=3)
'{:>5}|{:<5}|{:^5}'.format('a', 'b', 'c') | '{:05.1f}'.format(2.25) | '{:,}'.format(1234567) | '%s-%d-%.2f-%x' % ('a', 3, 1.5, 255) | '%(k)s' % d | '%5s|%-5s|' % ('a', 'b') | '%%' % ()
""".strip().splitlines()

FILTERS = """
a | upper; a | lower; a | capitalize; a | title; 'a-b c_d' | title; b | trim; a | trim('Hd'); a | length; l | length; d | length; l | first; l | last
el | first; l | join; l | join(', '); ld | join('-', attribute='c'); l | sort; l | sort(case_sensitive=true); l | sort(reverse=true)
ld | sort(attribute='c') | map(attribute='c') | list; ld | map(attribute='r') | list; l | map('upper') | list; ld | map(attribute='z', default='Q') | list
ld | selectattr('r', 'equalto', 'user') | list | length; ld | rejectattr('r', 'equalto', 'user') | list; l | select('lower') | list; l | reject('in', ['a']) | list
[0, 1, '', 'x'] | select | list; l | reverse | list; a | reverse; l | unique | list; ['a', 'A', 'b'] | unique | list; [3, 1, 2] | min; [3, 1, 2] | max; [1, 2, 3] | sum
ld | groupby('r') | map('first') | list; ld | map('length') | list; d | dictsort; d | dictsort(by='value'); d | items | list; l | batch(2) | list; l | batch(2, '-') | list
l | slice(2) | list; a | replace('l', 'L'); a | replace('l', 'L', 1); 'a\\nb\\n\\nc' | indent; 'a\\nb' | indent(2, true); 'a\\n\\nb' | indent(2, blank=true)
a | truncate(8); a | truncate(8, true); a | truncate(5, false, '', 0); a | wordcount; a | center(20); -3 | abs; 2.5 | round; 3.14159 | round(2); 2.1 | round(0, 'ceil')
'42' | int; '4.7' | int; 'x' | int; 'x' | int(7); 'ff' | int(base=16); '1.5' | float; 'x' | float; 3 | string ~ 1; nope | default('D'); e | default('D'); e | default('D', true)
e | d('D', true); l | list; 'abc' | list; d | list; d | tojson; ld | tojson; [1, 2.0, none, true, 'é<>&'] | tojson; d | tojson(indent=2); d | tojson(sort_keys=true)
{'b': [], 'a': {}} | tojson(indent=1, sort_keys=true); [1, 2] | tojson(separators=(',', ':')); '<a>' | escape; '<b>' | safe ~ '<i>'; '<b>' | safe + '<i>'; 1024 | filesizeformat
'%s %s' | format('a', 'b'); none | selectattr('x') | list; a | string | length; l | attr('append') is defined; [[1, 2], [3]] | map('sum') | list
""".strip().replace("\n", ";").split(";")

TEMPLATES = [
    "{% for x in l %}{{ x }}{% endfor %}", "{% for x in el %}{{ x }}{% else %}none{% endfor %}",
    "{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}"
    "{{ loop.last }}{{ loop.length }} {% endfor %}",
    "{% for x in l %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %}",
    "{% for x in l %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x == 'a') }} {% endfor %}",
    "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", "{% for (k, v) in d | dictsort %}{{ k }}{{ v }}{% endfor %}",
    "{% for x in l if x != 'a' %}{{ loop.index }}{{ x }}{% endfor %}", "{% for c in 'añ' %}[{{ c }}]{% endfor %}",
    "{% for i in range(3) %}{{ i }}{% endfor %}{{ range(2, 9, 3) | list }}{{ range(3, 0, -1) | list }}",
    "{% for x in l %}{% if loop.index == 2 %}{% continue %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in l %}{% if loop.index == 2 %}{% break %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in [[1, [2]], 3] recursive %}{{ loop.depth }}{% if x is iterable %}({{ loop(x) }}){% else %}{{ x }}{% endif %}"
    "{% endfor %}",
    "{% set x = 1 %}{% for i in l %}{% set x = 2 %}{% endfor %}{{ x }}",
    "{% set n = namespace(x=1) %}{% for i in l %}{% set n.x = n.x + 1 %}{% endfor %}{{ n.x }}",
    "{% if 0 %}a{% elif 1 %}b{% else %}c{% endif %}", "{% if 0 %}a{% elif u %}b{% else %}c{% endif %}",
    "{% if true %}{% set x = 5 %}{% endif %}{{ x }}", "{% set x, y = 1, 2 %}{{ y }}{{ x }}",
    "{% set x %} a {{ l[0] }} {% endset %}[{{ x }}]", "{% set x | upper | trim %} a {% endset %}[{{ x }}]",
    "{% macro m(p, q=2) %}{{ p }}{{ q }}{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(q=4, p=5) }}{{ m() }}",
    "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, x=2) }}", "{% macro m(p) %}{{ p }}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(n) %}{{ n }}{% if n > 0 %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(3) }}",
    "{% macro m() %}<{{ caller(1) }}>{% endmacro %}{% call(x) m() %}{{ x }}{{ a }}{% endcall %}",
    "{% set x = 1 %}{% macro m() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ m() }}",
    "{% with x = 1, y = 2 %}{{ x }}{{ y }}{% endwith %}{{ x }}", "{% filter upper %}a{{ a }}{% endfilter %}",
    "{% generation %}{{ a }}{% endgeneration %}", "{% raw %}{{ a }}{% endraw %}", "{# gone #}x{#- gone -#} y",
    "a\n  {% if 1 %}\n  b\n  {% endif %}\nc", "a  {%- if 1 -%}  b  {%- endif -%}  c", "a\n  {%+ if 1 +%}\n  b\n{% endif %}",
    "  {{ a }}\n  {{- a -}}  \n x", "{{ a }}\n", "{{ a }}\n\n", "a\n {# x #}\nb", "{% raw -%}  {{ x }} {%- endraw %} y",
    "a\r\nb\r{{ 'c' }}\r\n", "{% set j = joiner('|') %}{{ j() }}a{{ j() }}b", "{% set c = cycler(1, 2) %}{{ c.next() }}{{ c.current }}",
    "{{ dict(a=1, b=2) }}", "{{ strftime_now('%d %B %Y, %A %j %y %b %a %H:%M %I %p %-d') }}",
    "{{ raise_exception('No ' + a) }}", "{% if l is iterable and l is not string and l is not mapping %}y{% endif %}",
    "{{ l.append(1) }}", "{{ d.update({}) }}", "{{ nope.x }}", "{{ nope() }}", "{{ 1 + 'a' }}", "{{ 'a' < 1 }}", "{{ u.x }}",
    "{{ u.x.y }}", "{{ nope + 1 }}", "{{ 1 / 0 }}", "{{ none | length }}", "{{ 5 | join }}", "{{ a.nope() }}", "{{ [1] | nope }}",
    "{{ 1 is nope }}", "{{ 'a'.split('') }}", "{{ {[]: 1} }}", "{{ range(3)[5] }}", "{{ d.k.x.y }}", "{% for x in 5 %}{% endfor %}",
    "{{ a.__class__ }}", "{% set u.x = 1 %}", "{% set x, y = [1] %}",
    "{% if %}", "{% for x %}{% endfor %}", "{{ 1 + }}", "{{ (1 }}", "{% endif %}", "{% if 1 %}", "{{ 'a }}", "{% nope %}", "{{ a b }}",
    "{{ 1 | }}", "{{ [1, }}", "{% macro 1() %}{% endmacro %}", "{% set true = 1 %}", "{#", "{% raw %}", "{{ a | upper( }}",
    "{%- set x = messages -%}{{ x }}", "{{ {'a': {'b': 1}}['a']['b'] }}", "{{ a | upper | lower | length + 1 }}", "{{ -a | length }}",
    "{{ not 1 == 2 }}", "{{ 2 ** 3 ** 2 }}", "{{ (1, 2) is sequence }}", "{{ 'e\\u0301' == 'é' }}{{ 'e\\u0301' | length }}",
    "{{ '\\r\\n' | length }}", "{{ '👍🏽' | length }}{{ '👍🏽'[0] }}", "{{ 'ß'.upper() }}{{ 'İ'.lower() | length }}",
]


def main():
    alternatives = [part for line in EXPRESSIONS for part in line.split(" | ")]
    # A filter of an expression above was cut off with it: `d.keys() | list`.
    sources = ["{{ %s }}" % part for part in alternatives]
    sources += ["{{ %s }}" % part.strip() for part in FILTERS if part.strip()]
    sources += TEMPLATES
    print(json.dumps({"variables": VARIABLES}, ensure_ascii=False))
    for source in sources:
        row = {"source": source}
        try:
            template = chat_template_utils._compile_jinja_template(source)
            template.environment.globals["strftime_now"] = datetime.datetime(2024, 7, 26, 15, 4, 5).strftime
            row["output"] = template.render(**copy.deepcopy(VARIABLES))
        except Exception as error:
            row["error"] = f"{type(error).__name__}: {error}"
        if " at 0x" in str(row):
            continue
        print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main()

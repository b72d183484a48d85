#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Web servers and their clients as Debian ships them run over AF_KITE under tools/kite-run, a router apart, and what they carry
# arrives whole: nginx with sendfile, Python's http.server, curl, wrk.
# time limit: 300 s
# shellcheck disable=SC2015,SC2317  # functions are called through check
. "$(dirname "$0")/lib.sh"
# shellcheck source=programs_common.sh
. "$here/programs_common.sh"
need ip awk nginx python3 curl wrk kite-run
need_kite

nginx_ready() {
	mkdir -p "$tmp/www" "$tmp/put"
	cat >"$tmp/nginx.conf" <<-END
		daemon off;
		user root;
		worker_processes 2;
		pid $tmp/nginx.pid;
		error_log stderr;
		events { }
		http {
			access_log off;
			sendfile on;
			tcp_nopush on;
			client_body_temp_path $tmp/body;
			client_max_body_size 0;
			proxy_temp_path $tmp/proxy;
			fastcgi_temp_path $tmp/fastcgi;
			uwsgi_temp_path $tmp/uwsgi;
			scgi_temp_path $tmp/scgi;
			server {
				listen $server:80;
				root $tmp/www;
				location /put/ {
					alias $tmp/put/;
					dav_methods PUT;
				}
				location /python/ {
					proxy_pass http://$server:8000/;
				}
			}
		}
	END
	serve_on 80 nginx nginx -e stderr -c "$tmp/nginx.conf"
}

# get PATH NAME: PATH of the server is the file NAME
get() {
	client curl -sS -f -o "$tmp/got" "http://$server$1" || return 1
	arrived "www/$2" got
}

# get_some NAME: a part from the middle, as one who goes on with a broken transfer asks for
get_some() {
	client curl -sS -f -r 100000-299999 -o "$tmp/got" "http://$server/$1" || return 1
	tail -c +100001 "$tmp/www/$1" | head -c 200000 | cmp - "$tmp/got"
}

# get_many NAME COUNT: COUNT transfers at once
get_many() {
	local number

	client curl -sS -f -Z --parallel-immediate "http://$server/$1?[1-$2]" -o "$tmp/got#1" || return 1
	for ((number = 1; number <= $2; number++)); do
		arrived "www/$1" "got$number" || return 1
	done
}

# put NAME: what is sent with PUT arrives
put() {
	client curl -sS -f -T "$tmp/www/$1" "http://$server/put/there" || return 1
	arrived "www/$1" put/there
}

# answers_many ARGUMENT...: all of wrk's requests are answered well
answers_many() {
	client wrk -t 1 -c 10 -d 3s --timeout 60s "$@" "http://$server/small" >"$tmp/said" || return 1
	cat "$tmp/said"
	awk '/requests in/ { some = $1 > 0 } /Socket errors|Non-2xx/ { bad = 1 } END { exit bad || !some }' "$tmp/said"
}

# closes_each: a connection a request, as the server counts them
closes_each() {
	local before

	before=$(counter B Tcp.PassiveOpens)
	answers_many -H "Connection: close" || return 1
	counts_more B Tcp.PassiveOpens "$((before + $(awk '/requests in/ { print $1 }' "$tmp/said") - 1))"
}

# python_gets NAME
python_gets() {
	client python3 -c 'import sys, urllib.request; urllib.request.urlretrieve(*sys.argv[1:])' \
		"http://$server/$1" "$tmp/got" || return 1
	arrived "www/$1" got
}

topo_router

check "nginx serves" nginx_ready
make_file www/file "$(megabytes 20)"
make_file www/medium 1
head -c 300 /dev/urandom >"$tmp/www/small"
check "curl gets a file of nginx, by sendfile" over_kite get /file file
check "curl gets a part of it" over_kite get_some file
check "curl gets a file eight times at once" over_kite get_many medium 8
check "curl puts a file" over_kite put file
check "wrk on lasting connections" over_kite answers_many
check "wrk with a connection a request" over_kite closes_each

check "Python's http.server serves" serve_on 8000 python python3 -u -m http.server --bind "$server" --directory "$tmp/www" 8000
check "curl gets a file of Python's http.server" over_kite get ":8000/file" file
check "nginx is a proxy for Python's http.server" over_kite get /python/file file
check "Python's urllib gets a file of nginx" over_kite python_gets file
stop python nginx

finish

#!/usr/bin/env bash
# docker-compose.yml for real: builds and starts it, asks what the README asks, sets a policy over two replicas of each
# service, and takes everything down again. With Docker, else with an engine script of the same use:
#   engine prepare | engine compose ARGS... | engine podman ARGS...
# (NEARHIT_CONTAINER_ENGINE, else ../shared/containers/engine.sh beside the repository). With neither it says so and ends.
set -euo pipefail
cd "$(dirname "$0")/../.."

project=${NEARHIT_COMPOSE_PROJECT:-nearhit-test}
engine=${NEARHIT_CONTAINER_ENGINE:-../shared/containers/engine.sh}
if docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; then
  compose() { docker compose -p "$project" "$@"; }
  within() { docker compose -p "$project" exec -T --index "$2" "$1" "${@:3}"; } # service, number, command
  scaled=(--scale ingress=2 --scale cache=2 --scale worker=2)
elif [ -f "$engine" ]; then
  bash "$engine" prepare >/dev/null
  compose() { bash "$engine" compose -p "$project" "$@"; }
  within() { bash "$engine" podman exec "${project}_$1_$2" "${@:3}"; }
  scaled=() # podman-compose ignores --scale: the environment says how many
else
  echo "skipped: test/compose/run.sh needs Docker with compose, or an engine script in NEARHIT_CONTAINER_ENGINE"
  exit 0
fi

# What stands in the caller's environment is not what is tested.
unset REDIS_URL EMBEDDING_URL CACHE_URL EMBEDDING_MODEL NEARHIT_INTERNAL_TOKEN NEARHIT_CONFIG_DIR NEARHIT_BIND
export OPENAI_API_KEY='' OPENAI_BASE_URL='' DEEPSEEK_API_KEY='' DEEPSEEK_BASE_URL=''
export ANTHROPIC_API_KEY='' ANTHROPIC_BASE_URL='' GEMINI_API_KEY='' GEMINI_BASE_URL=''
export NEARHIT_ADMIN_TOKEN=compose-test-token NEARHIT_PORT=${NEARHIT_PORT:-18080}
# A machine that has just started six containers must not turn a look-up into a miss.
export LOOKUP_TIMEOUT_MS=5000
url=http://127.0.0.1:$NEARHIT_PORT
work=$(mktemp -d)

finish() {
  local status=$?
  if [ "$status" -ne 0 ]; then compose logs --tail 40 2>&1 | tail -200 || true; fi
  compose down -v >/dev/null 2>&1 || echo "could not take the project $project down" >&2
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

until_it_is() { # what, seconds, command
  local what=$1 give_up_at=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$give_up_at" ]; then fail "waited in vain: $what"; fi
    sleep 0.5
  done
}

whole() { curl -sS --max-time 5 "$url/readyz" | grep -q '"degraded":\[\]'; }

admin() { # method, path, body
  curl -sS --fail --max-time 60 -X "$1" "$url/admin/v1$2" -H "authorization: Bearer $NEARHIT_ADMIN_TOKEN" \
    -H 'content-type: application/json' ${3:+-d "$3"}
}

# The README's curl; answers `hit l1`, `miss guard:number` ...
ask() { # question
  local body='{"model": "demo", "messages": [{"role": "user", "content": "'$1'"}]}'
  curl -sS --max-time 60 -o /dev/null -D - "$url/v1/chat/completions" -H 'content-type: application/json' -d "$body" |
    tr -d '\r' | awk -F': ' '/^HTTP/ { split($0, line, " "); if (line[2] != 200) printf "%s ", line[2] }
      tolower($1) == "x-nearhit-cache" { cache = $2 } tolower($1) == "x-nearhit-layer" { why = $2 }
      tolower($1) == "x-nearhit-reason" { why = $2 } END { print cache, why }'
}

# The same, of one replica and in a namespace.
ask_replica() { # number, namespace, question, cache mode
  within ingress "$1" node -e '
    const [namespace, content, cache] = process.argv.slice(1);
    const control = { "x-nearhit-namespace": namespace, "x-nearhit-cache": cache };
    const headers = { "content-type": "application/json", ...control };
    const body = JSON.stringify({ model: "demo", messages: [{ role: "user", content }] });
    fetch("http://127.0.0.1:8080/v1/chat/completions", { method: "POST", headers, body }).then(async (reply) => {
      await reply.text();
      const said = (name) => reply.headers.get(`x-nearhit-${name}`);
      console.log(said("cache"), said("layer") ?? said("reason"));
    });' "$2" "$3" "${4:-on}"
}

# One replica's status for a call past the cache with an API key.
status_with_key() { # number, key
  within ingress "$1" node -e '
    const headers = { "content-type": "application/json", authorization: `Bearer ${process.argv[1]}`, "x-nearhit-cache": "off" };
    const body = JSON.stringify({ model: "demo", messages: [{ role: "user", content: "How are limits counted?" }] });
    fetch("http://127.0.0.1:8080/v1/chat/completions", { method: "POST", headers, body }).then(async (reply) => {
      await reply.text();
      console.log(reply.status);
    });' "$2"
}

# Of an answer of the admin API on stdin, what an expression makes of it.
json() { # expression over `it`
  node -e 'let text = ""; process.stdin.on("data", (piece) => { text += piece; }).on("end", () => {
    const it = JSON.parse(text);
    console.log(eval(process.argv[1]));
  });' "$1"
}

# Says `asking`, and then the time in milliseconds at which the policy was in force on one replica.
watch_policy() { # number, namespace, threshold
  within ingress "$1" node -e '
    const [namespace, threshold] = process.argv.slice(1);
    const headers = { authorization: `Bearer ${process.env.NEARHIT_ADMIN_TOKEN}` };
    const look = async () => {
      const reply = await fetch(`http://127.0.0.1:8080/admin/v1/policies/${namespace}`, { headers });
      return (await reply.json()).threshold === Number(threshold);
    };
    (async () => {
      await look();
      console.log("asking");
      for (const giveUpAt = Date.now() + 30000; Date.now() < giveUpAt; ) {
        if (await look()) return console.log(Date.now());
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();' "$2" "$3"
}

expect() { # what, wanted, got
  case "$3" in
    $2) echo "ok      $1: $3" ;;
    *) fail "$1: wanted $2, got $3" ;;
  esac
}

question='How long is a return ticket valid for 2 persons?'
repeat='For how long is a return ticket for 2 persons valid?'
changed='How long is a return ticket valid for 3 persons?'

echo "building ($project)"
compose build >"$work/build.log" 2>&1 || { tail -50 "$work/build.log"; fail 'the build'; }

echo 'docker compose up'
compose up -d >"$work/up.log" 2>&1 || { tail -50 "$work/up.log"; fail 'up'; }
until_it_is 'everything is ready' 180 whole
expect 'the first question' 'miss no-candidate' "$(ask "$question")"
expect 'the same again' 'hit l1' "$(ask "$question")"
admin POST /flush >/dev/null
expect 'in other words' 'hit semantic' "$(ask "$repeat")"
expect 'with another number' 'miss guard:number' "$(ask "$changed")"

echo 'two replicas of ingress, cache and worker'
export INGRESS_REPLICAS=2 CACHE_REPLICAS=2 WORKER_REPLICAS=2
compose up -d ${scaled[@]+"${scaled[@]}"} >"$work/up.log" 2>&1 || { tail -50 "$work/up.log"; fail 'up with replicas'; }
there() { # service, number
  within "$1" "$2" node -e "fetch('http://127.0.0.1:$3/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"
}
for number in 1 2; do
  until_it_is "ingress $number is ready" 120 there ingress "$number" 8080
  until_it_is "cache $number is ready" 120 there cache "$number" 7002
  until_it_is "worker $number is ready" 120 there worker "$number" 7003
done
until_it_is 'everything is ready' 120 whole
expect 'what was asked before' 'hit l[12]' "$(ask "$question")"
expect 'a question to one replica' 'miss no-candidate' "$(ask_replica 1 pair "$question")"
admin POST /flush >/dev/null
expect 'the same to the other one' 'hit l2' "$(ask_replica 2 pair "$question")"
expect 'in other words' 'hit semantic' "$(ask_replica 2 pair "$repeat")"

for number in 1 2; do watch_policy "$number" pair 0.9999 >"$work/policy.$number" & done
asking() { [ "$(cat "$work"/policy.[12] | grep -c asking)" = 2 ]; }
until_it_is 'both replicas are watched' 30 asking
set_at=$(node -p 'Date.now()')
admin PUT /policies/pair '{"threshold": 0.9999}' >/dev/null
wait
for number in 1 2; do
  in_force_at=$(sed -n 2p "$work/policy.$number")
  [ -n "$in_force_at" ] || fail "the policy never came to ingress $number"
  took=$((in_force_at - set_at))
  [ "$took" -le 1000 ] || fail "the policy was in force on ingress $number after $took ms"
  echo "ok      the policy is in force on ingress $number: $took ms after it was set"
  expect "ingress $number obeys" 'miss below-threshold' "$(ask_replica "$number" pair "$repeat" only)"
done
echo 'a key with limits, over both replicas'
created=$(admin POST /keys '{"name": "compose", "tenant": "compose", "rpm": 3}')
key=$(json 'it.key' <<<"$created")
for number in 1 2 1; do expect "a call at ingress $number" 200 "$(status_with_key "$number" "$key")"; done
expect 'one too many, at the other one' 429 "$(status_with_key 2 "$key")"
accounted() { [ "$(admin GET '/usage?groupBy=tenant' | json 'it.groups.find((group) => group.tenant === "compose")?.requests ?? 0')" -ge 3 ]; }
until_it_is 'the calls are accounted' 30 accounted
echo 'ok      the calls are accounted'
echo 'passed'

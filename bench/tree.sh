# To be sourced: puts the files of $commit into $dir/tree, a folder that goes when the script ends.
dir=$(mktemp -d)
trap 'git worktree remove --force "$dir/tree" 2>/dev/null || true; rm -rf "$dir"' EXIT
git worktree add -q --detach "$dir/tree" "$commit"

// The unigram tokenizer of the built-in models: a text to pieces, as the tokenizers library cuts it.
"use strict";

// Unicode's White_Space; JavaScript's \s also has U+FEFF, and lacks U+0085.
const SPACES = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
const SIGNS = /▁?(?:(?!▁)[\p{P}\p{S}])+/gu; // runs of punctuation are cut off the words
const UNKNOWN_PENALTY = 10; // below the least likely piece

// special: texts that stand for themselves wherever they are written; pieces and scores: log probabilities.
const makeTokenizer = ({ pieces, scores, special, unknown }) => {
  const ids = new Map(pieces.map((piece, id) => [piece, id]));
  const longest = Math.max(...pieces.map((piece) => piece.length));
  const unknownScore = scores.reduce((least, score) => Math.min(least, score), Infinity) - UNKNOWN_PENALTY;
  const quoted = special.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const marks = new RegExp(`(${quoted.join("|")})`);

  // Lower case is taken sign by sign, so that a Σ at the end of a word is no special case.
  const normalized = (text) =>
    [...text.replaceAll("``", '"').replaceAll("''", '"').normalize("NFKD").replace(/\p{M}/gu, "")]
      .map((sign) => sign.toLowerCase())
      .join("");

  const words = (text) =>
    text.split(SPACES).filter(Boolean).flatMap((word) => {
      const begun = word.startsWith("▁") ? word : `▁${word}`;
      return begun.split(/(?=▁)/).flatMap((part) => {
        const found = [];
        let end = 0;
        for (const match of part.matchAll(SIGNS)) {
          if (match.index > end) found.push(part.slice(end, match.index));
          found.push(match[0]);
          end = match.index + match[0].length;
        }
        if (end < part.length) found.push(part.slice(end));
        return found;
      });
    });

  // The most probable way to cut a word (Viterbi); neighbouring unknown signs become one piece.
  const cut = (word) => {
    const best = [{ score: 0, start: -1, id: -1 }];
    const offer = (end, score, start, id) => {
      if (!best[end] || score > best[end].score) best[end] = { score, start, id };
    };
    for (let start = 0; start < word.length; ) {
      const step = word.codePointAt(start) > 0xffff ? 2 : 1;
      const { score } = best[start];
      let single = false;
      for (let end = start + step; end <= Math.min(word.length, start + longest); end++) {
        const id = ids.get(word.slice(start, end));
        if (id === undefined) continue;
        offer(end, score + scores[id], start, id);
        single ||= end === start + step;
      }
      if (!single) offer(start + step, score + unknownScore, start, unknown);
      start += step;
    }
    const found = [];
    for (let end = word.length; end > 0; end = best[end].start) {
      const { start, id } = best[end];
      const piece = word.slice(start, end);
      if (id === unknown && found.length && found[0].id === unknown) found[0].piece = piece + found[0].piece;
      else found.unshift({ id, piece });
    }
    return found;
  };

  // -> [{id, piece}] without [CLS] and [SEP]
  return (text) =>
    text.replace(/\p{Surrogate}/gu, "\ufffd").split(marks).flatMap((part) =>
      special.includes(part) ? [{ id: ids.get(part), piece: part }] : words(normalized(part)).flatMap(cut),
    );
};

"""Seeded random checkpoints of families that our own engine has and of families that it refuses.

As a script, it writes them with a tokenizer and a chat template: `python checkpoints.py FOLDER`.
"""

import sys
from pathlib import Path

import torch
import transformers

VOCABULARY = 272
COMMON = dict(
    vocab_size=VOCABULARY,
    hidden_size=32,
    intermediate_size=64,
    num_hidden_layers=2,
    num_attention_heads=2,
    max_position_embeddings=1024,
    tie_word_embeddings=False,
    bos_token_id=1,
    eos_token_id=2,
    pad_token_id=0,
)
GROUPED = dict(COMMON, num_key_value_heads=1)


def without(*keys: str) -> dict[str, object]:
    return {key: value for key, value in COMMON.items() if key not in keys}


#: The families that our own engine refuses.
REFUSED = ["mixtral", "gpt-oss", "gpt-neox", "opt", "falcon", "falcon-alibi", "cohere", "stablelm"]
FAMILIES = ["llama", "mistral-window", "gemma2", "bloom", *REFUSED]


def configuration(name: str) -> transformers.PretrainedConfig:
    """The configuration of a family's checkpoint."""
    match name:
        case "llama":
            return transformers.LlamaConfig(**GROUPED)
        case "mistral-window":
            return transformers.MistralConfig(**GROUPED, sliding_window=6)
        case "gemma2":
            return transformers.Gemma2Config(**GROUPED, head_dim=16, sliding_window=6, final_logit_softcapping=3.0)
        case "bloom":
            return transformers.BloomConfig(vocab_size=VOCABULARY, hidden_size=32, n_layer=2, n_head=2, bos_token_id=1)
        case "mixtral":
            return transformers.MixtralConfig(**GROUPED, num_local_experts=4, num_experts_per_tok=2)
        case "gpt-oss":
            return transformers.GptOssConfig(
                **GROUPED, head_dim=16, num_local_experts=4, num_experts_per_tok=2, sliding_window=6
            )
        case "gpt-neox":
            return transformers.GPTNeoXConfig(**COMMON)
        case "opt":
            return transformers.OPTConfig(**without("intermediate_size"), ffn_dim=64, word_embed_proj_dim=32)
        case "falcon":
            return transformers.FalconConfig(
                **without("intermediate_size"), new_decoder_architecture=True, num_kv_heads=1
            )
        case "falcon-alibi":
            return transformers.FalconConfig(
                **without("intermediate_size"), alibi=True, multi_query=True, new_decoder_architecture=False
            )
        case "cohere":
            return transformers.CohereConfig(**GROUPED, logit_scale=0.5)
        case "stablelm":
            return transformers.StableLmConfig(**GROUPED)
    raise ValueError(name)


def network(name: str) -> transformers.PreTrainedModel:
    """The model in float32, its weights drawn in the order of their names, strong enough to tell tokens apart."""
    torch.manual_seed(20241124)
    made = transformers.AutoModelForCausalLM.from_config(configuration(name)).float().eval()
    with torch.no_grad():
        done = set()
        for key, value in sorted(made.named_parameters()):
            if value.data_ptr() in done:
                continue
            done.add(value.data_ptr())
            random = torch.randn(value.shape)
            if value.ndim == 1:
                value.copy_((1.0 if key.endswith("weight") else 0.0) + 0.2 * random)
            else:
                value.copy_(random * (1.0 if "emb" in key else 1.5 * value.shape[-1] ** -0.5))
    return made


def tokenizer() -> transformers.PreTrainedTokenizerFast:
    """A byte-level tokenizer of single bytes with ChatML's marks, and a chat template."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    special = ["<pad>", "<|im_start|>", "<|im_end|>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: place for place, token in enumerate(special + alphabet)}
    core = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens([AddedToken(token, special=True) for token in special])
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="<pad>", bos_token="<|im_start|>", eos_token="<|im_end|>"
    )
    made.chat_template = (
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] "
        "+ '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    )
    return made


def lettered(family: str) -> transformers.PreTrainedModel:
    """A family's model that answers with letters alone: bytes at random are no text, and anchors drop them."""
    made, letters = network(family), tokenizer().convert_tokens_to_ids(list("abcdefghijklmnopqrstuvwxyz"))
    head = made.get_output_embeddings()
    with torch.no_grad():
        others = torch.ones(head.weight.shape[0], dtype=torch.bool)
        others[letters] = False
        head.weight[others] = 0
        # Of a row and its negative one is above 0, where the others are.
        head.weight[letters[13:]] = -head.weight[letters[:13]]
        if getattr(head, "bias", None) is not None:
            head.bias[others] = 0
    return made


if __name__ == "__main__":
    for family in sys.argv[2:] or FAMILIES:
        place = Path(sys.argv[1]) / family
        lettered(family).save_pretrained(place)
        tokenizer().save_pretrained(place)

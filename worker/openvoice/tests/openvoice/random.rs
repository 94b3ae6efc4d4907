//! A model of random weights.

use std::{collections::HashMap, fs, path::Path};

use candle_core::{Device, Tensor};

pub(crate) const CONFIG: &str = r#"{"data": {"sampling_rate": 22050, "filter_length": 128, "hop_length": 16, "win_length": 128},
 "model": {"zero_g": true, "inter_channels": 8, "hidden_channels": 8, "resblock": "1", "resblock_kernel_sizes": [3, 7],
 "resblock_dilation_sizes": [[1, 3], [1, 3]], "upsample_rates": [4, 4], "upsample_initial_channel": 16, "upsample_kernel_sizes": [8, 8], "gin_channels": 6}}"#;

struct Maker {
    state: u32,
    tensors: HashMap<String, Tensor>,
}

impl Maker {
    fn tensor(&mut self, name: &str, shape: &[usize], scale: f32) {
        let count = shape.iter().product();
        let values: Vec<f32> = (0..count)
            .map(|_| {
                self.state = self
                    .state
                    .wrapping_mul(1_664_525)
                    .wrapping_add(1_013_904_223);
                scale * ((self.state >> 8) as f32 / 8_388_608.0 - 1.0)
            })
            .collect();
        let tensor = Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
        self.tensors.insert(name.to_owned(), tensor);
    }

    fn layer(&mut self, name: &str, shape: &[usize]) {
        let inputs: usize = shape[1..].iter().product();
        self.tensor(
            &format!("{name}.weight"),
            shape,
            1.5 / (inputs as f32).sqrt(),
        );
        self.tensor(&format!("{name}.bias"), &shape[..1], 0.1);
    }

    fn wavenet(&mut self, name: &str, count: usize) {
        self.layer(&format!("{name}.cond_layer"), &[16 * count, 6, 1]);
        for number in 0..count {
            self.layer(&format!("{name}.in_layers.{number}"), &[16, 8, 5]);
            let output = if number + 1 < count { 16 } else { 8 };
            self.layer(&format!("{name}.res_skip_layers.{number}"), &[output, 8, 1]);
        }
    }

    fn decoder(&mut self) {
        self.layer("dec.conv_pre", &[16, 8, 7]);
        self.layer("dec.cond", &[16, 6, 1]);
        for (stage, channels) in [8usize, 4].into_iter().enumerate() {
            let name = format!("dec.ups.{stage}");
            self.tensor(&format!("{name}.weight"), &[2 * channels, channels, 8], 0.3);
            self.tensor(&format!("{name}.bias"), &[channels], 0.1);
            for (place, kernel) in [3, 7].into_iter().enumerate() {
                let block = 2 * stage + place;
                for layer in 0..2 {
                    for which in ["convs1", "convs2"] {
                        let name = format!("dec.resblocks.{block}.{which}.{layer}");
                        self.layer(&name, &[channels, channels, kernel]);
                    }
                }
            }
        }
        self.tensor("dec.conv_post.weight", &[1, 4, 7], 0.3);
    }

    fn reference(&mut self) {
        let mut channels = 1;
        for (number, filters) in [32, 32, 64, 64, 128, 128].into_iter().enumerate() {
            self.layer(
                &format!("ref_enc.convs.{number}"),
                &[filters, channels, 3, 3],
            );
            channels = filters;
        }
        self.tensor("ref_enc.layernorm.weight", &[65], 1.0);
        self.tensor("ref_enc.layernorm.bias", &[65], 0.1);
        self.tensor("ref_enc.gru.weight_ih_l0", &[384, 256], 0.1);
        self.tensor("ref_enc.gru.weight_hh_l0", &[384, 128], 0.1);
        self.tensor("ref_enc.gru.bias_ih_l0", &[384], 0.1);
        self.tensor("ref_enc.gru.bias_hh_l0", &[384], 0.1);
        self.layer("ref_enc.proj", &[6, 128]);
    }
}

/// `config.json` and `checkpoint.safetensors`, without the tensors named.
pub(crate) fn write(folder: &Path, left_out: &[&str]) {
    let mut maker = Maker {
        state: 1,
        tensors: HashMap::new(),
    };
    maker.layer("enc_q.pre", &[8, 65, 1]);
    maker.wavenet("enc_q.enc", 16);
    maker.layer("enc_q.proj", &[16, 8, 1]);
    for number in [0, 2, 4, 6] {
        maker.layer(&format!("flow.flows.{number}.pre"), &[8, 4, 1]);
        maker.wavenet(&format!("flow.flows.{number}.enc"), 4);
        maker.layer(&format!("flow.flows.{number}.post"), &[4, 8, 1]);
    }
    maker.decoder();
    maker.reference();
    for name in left_out {
        maker.tensors.remove(*name).unwrap();
    }
    fs::write(folder.join("config.json"), CONFIG).unwrap();
    candle_core::safetensors::save(&maker.tensors, folder.join("checkpoint.safetensors")).unwrap();
}
